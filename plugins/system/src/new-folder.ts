import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Context, isTrestleError } from '@trestle/kernel';

/** The absolute path of a folder that a user named, existing or not yet; its parent exists. */
export async function folderPath(ctx: Context, path: string): Promise<string> {
  return await ctx.files.read(path).catch(async (thrown: unknown) => {
    if (isTrestleError(thrown) && thrown.code === 'TRS_KERNEL_FILE_MISSING')
      return await ctx.files.write(path);
    throw thrown;
  });
}

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * Writes files (by relative path) into a folder, in order; a file that is there already is kept as it is.
 *
 * @returns the paths written and the paths kept
 */
export async function writeNewFiles(
  dir: string,
  files: Readonly<Record<string, string>>,
): Promise<{ readonly written: string[]; readonly kept: string[] }> {
  const written: string[] = [];
  const kept: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    const path = join(dir, name);
    await mkdir(dirname(path), { recursive: true });
    // `wx` fails when the file is there: it is never overwritten, not even in a race.
    await writeFile(path, content, { flag: 'wx' }).then(
      () => written.push(name),
      (cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'EEXIST') throw cause;
        kept.push(name);
      },
    );
  }
  return { written, kept };
}
