import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { toTrestleError } from '@trestle/kernel';
import { trackingError } from '../tracking-error.ts';

/** A file, and where it lies within what was named; '' for that itself. */
interface Found {
  readonly file: string;
  readonly within: string;
}

/** A file alone, or all files below a folder. @throws TRS_TRACKING_LINK, TRS_SYSTEM_ENOENT */
export async function filesIn(root: string): Promise<readonly Found[]> {
  const found: Found[] = [];
  const look = async (file: string, within: string): Promise<void> => {
    const info = await lstat(file).catch((thrown: unknown) => {
      throw toTrestleError(thrown);
    });
    if (info.isFile()) found.push({ file, within });
    else if (info.isDirectory())
      for await (const { name } of await opendir(file))
        await look(join(file, name), within === '' ? name : `${within}/${name}`);
    else throw notAFile(file, info.isSymbolicLink());
  };
  await look(root, '');
  return found.sort((a, b) => (a.within < b.within ? -1 : 1));
}

const notAFile = (path: string, isLink: boolean) =>
  trackingError('LINK', {
    kind: 'invalid',
    message: `"${path}" is ${isLink ? 'a link' : 'neither a file nor a folder'}, and is not kept.`,
    hint: 'Name the file that is meant.',
    details: { path },
  });
