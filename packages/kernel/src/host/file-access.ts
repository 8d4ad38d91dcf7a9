import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { safeResolve } from '../door/index.ts';
import type { FileAccess, Project } from '../operation/context.ts';
import { kernelError } from './kernel-error.ts';

/** Files as the person at the command line names them: relative to their folder, as far as the system lets them. */
export function localFiles(cwd: string, standardInput?: () => Promise<string>): FileAccess {
  return {
    async read(path) {
      if (path === '-' && standardInput) return await standardInput();
      const absolute = resolve(cwd, path);
      await checkReadable(absolute, path, 'Check the path; it is relative to the current folder.');
      return absolute;
    },
    async write(path) {
      const absolute = resolve(cwd, path);
      await checkFolder(absolute, path);
      return absolute;
    },
  };
}

/**
 * Files as a remote caller names them: inside `PROJECT/files`, and nowhere else. Not the project itself: who may write
 * its configuration may run code.
 */
export function confinedFiles(project: Project): FileAccess {
  const root = join(project.dir, 'files');
  return {
    async read(path) {
      await mkdir(root, { recursive: true });
      const absolute = await safeResolve(root, path);
      await checkReadable(
        absolute,
        path,
        'A server reads files of its project\'s folder "files" only; put it there.',
      );
      return absolute;
    },
    async write(path) {
      await mkdir(root, { recursive: true });
      const absolute = await safeResolve(root, path);
      await checkFolder(absolute, path);
      return absolute;
    },
  };
}

async function checkReadable(absolute: string, path: string, whereToLook: string): Promise<void> {
  checkNamed(path);
  await access(absolute, constants.R_OK).catch((cause: NodeJS.ErrnoException) => {
    const isMissing = cause.code === 'ENOENT' || cause.code === 'ENOTDIR';
    throw kernelError(isMissing ? 'FILE_MISSING' : 'FILE_UNREADABLE', {
      kind: 'invalid',
      message: isMissing ? `There is no file "${path}".` : `"${path}" cannot be read (${cause.code}).`,
      hint: isMissing ? whereToLook : 'Check its permissions.',
      details: { path },
      cause,
    });
  });
}

async function checkFolder(absolute: string, path: string): Promise<void> {
  checkNamed(path);
  await access(dirname(absolute), constants.W_OK).catch((cause: NodeJS.ErrnoException) => {
    throw kernelError('FILE_NOT_WRITABLE', {
      kind: 'invalid',
      message: `"${path}" cannot be written: its folder is ${cause.code === 'ENOENT' ? 'missing' : 'not writable'}.`,
      hint: 'Create the folder first, or choose another one.',
      details: { path },
      cause,
    });
  });
}

/** An empty path would be the current folder, which nobody means. A zero byte ends a path for the system, and not for us. */
function checkNamed(path: string): void {
  if (path !== '' && !path.includes('\0')) return;
  throw kernelError('FILE_UNNAMED', {
    kind: 'invalid',
    message: path === '' ? 'A file is named by an empty text.' : 'The name of a file holds a zero byte.',
    hint: 'Give the path of the file; a variable of your shell may be empty.',
  });
}
