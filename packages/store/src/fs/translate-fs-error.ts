import { storeError } from '../store-error.ts';

/** Makes a readable error of one that the file system raised; leaves others alone. */
export function translateFsError(thrown: unknown, path: string): unknown {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return storeError('FULL', {
        kind: 'failed',
        message: `The disk is full (${code}): ${path} cannot be written.`,
        hint: 'Free some space and run the command again; nothing was half-written.',
        details: { path },
        cause: thrown,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return storeError('READ_ONLY', {
        kind: 'denied',
        message: `${path} cannot be written (${code}).`,
        hint: 'Check its permissions, or choose another folder with --project.',
        details: { path },
        cause: thrown,
      });
    default:
      return thrown;
  }
}
