import { isTrestleError, type TrestleError } from '@trestle/kernel';
import { storeError } from '../store-error.ts';

/** SQLite's result codes (sqlite.org/rescode.html); an extended code carries the primary one in its low byte. */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** The primary result code of an error that SQLite raised. */
export function sqliteCode(thrown: unknown): number | undefined {
  return thrown instanceof Error && 'errcode' in thrown && typeof thrown.errcode === 'number'
    ? thrown.errcode & 0xff
    : undefined;
}

export const isBusy = (thrown: unknown): boolean => {
  const code = sqliteCode(thrown);
  return code === BUSY || code === LOCKED;
};

export const isFull = (thrown: unknown): boolean =>
  isTrestleError(thrown) && thrown.code === 'TRS_STORE_FULL';

/** Makes a readable error of one that SQLite raised; leaves others alone. */
export function translateError(thrown: unknown, file: string): unknown {
  const code = sqliteCode(thrown);
  if (code === undefined) return thrown;
  return describe(code, file, thrown) ?? thrown;
}

function describe(code: number, file: string, cause: unknown): TrestleError | undefined {
  switch (code) {
    case BUSY:
    case LOCKED:
      return storeError('LOCKED', {
        kind: 'unavailable',
        message: `The metadata database ${file} is locked by another process.`,
        hint: 'Wait for the other command to end, or raise store.lockWaitMs in the configuration.',
        retryAfterS: 1,
        cause,
      });
    case CORRUPT:
    case NOTADB:
      return storeError('CORRUPT', {
        kind: 'failed',
        message: `The metadata database ${file} is damaged.`,
        hint: 'Nothing was changed. Restore the file from a backup; blobs beside it are untouched.',
        cause,
      });
    case FULL:
      return storeError('FULL', {
        kind: 'failed',
        message: `The disk is full: ${file} cannot grow.`,
        hint: 'Free some space and run the command again; nothing was half-written.',
        cause,
      });
    case READONLY:
    case CANTOPEN:
    case IOERR:
      return storeError('UNREADABLE', {
        kind: 'failed',
        message: `The metadata database ${file} cannot be ${code === READONLY ? 'written' : 'opened or read'}.`,
        hint: 'Check the permissions of its folder, and that the disk is healthy and not read-only.',
        cause,
      });
    default:
      return undefined;
  }
}
