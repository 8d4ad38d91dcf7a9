import { chmod, copyFile, lstat, rename, rm } from 'node:fs/promises';
import { storeError } from '../store-error.ts';

/**
 * Moves a finished file to `to`, where it is not durable yet. It is copied where moving would not make it ours alone: from
 * another file system, or when the file has a second name through which it could still change.
 *
 * @throws TRS_STORE_NOT_A_FILE for a link, a folder or a device
 */
export async function takeFile(from: string, to: string): Promise<void> {
  const found = await lstat(from);
  if (!found.isFile()) {
    throw storeError('NOT_A_FILE', {
      kind: 'invalid',
      message: `"${from}" is not a plain file.`,
      hint: 'Pass a finished file; links and folders are not taken over.',
    });
  }
  if (found.nlink > 1 || !(await moved(from, to))) {
    await copyFile(from, to);
    await rm(from);
  }
  await chmod(to, 0o600);
}

const moved = (from: string, to: string): Promise<boolean> =>
  rename(from, to).then(
    () => true,
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EXDEV') return false;
      throw cause;
    },
  );
