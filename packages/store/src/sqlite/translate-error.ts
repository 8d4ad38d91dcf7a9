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
const IOERR_FSYNC = 1034;
const IOERR_DIR_FSYNC = 1290;
/** The file beside the database that processes share cannot grow: the disk is full. */
const IOERR_SHMSIZE = 4874;

function extendedCode(thrown: unknown): number | undefined {
  return thrown instanceof Error && 'errcode' in thrown && typeof thrown.errcode === 'number'
    ? thrown.errcode
    : undefined;
}

export const isBusy = (thrown: unknown): boolean => {
  const code = (extendedCode(thrown) ?? 0) & 0xff;
  return code === BUSY || code === LOCKED || (isTrestleError(thrown) && thrown.code === 'TRS_STORE_LOCKED');
};

export const isFull = (thrown: unknown): boolean =>
  isTrestleError(thrown) && thrown.code === 'TRS_STORE_FULL';

/** Whether the disk did not confirm a write: what was written before may be lost too, so writing must stop. */
export const isFailedSync = (thrown: unknown): boolean =>
  isTrestleError(thrown) && thrown.code === 'TRS_STORE_SYNC_FAILED';

/** Makes a readable error of one that SQLite raised; leaves others alone. */
export function translateError(thrown: unknown, file: string): unknown {
  const code = extendedCode(thrown);
  if (code === undefined) return thrown;
  if (code === IOERR_FSYNC || code === IOERR_DIR_FSYNC) return syncFailed(file, thrown);
  if (code === IOERR_SHMSIZE) return describe(FULL, file, thrown);
  return describe(code & 0xff, file, thrown) ?? thrown;
}

export const syncFailed = (file: string, cause: unknown): TrestleError =>
  storeError('SYNC_FAILED', {
    kind: 'failed',
    message: `The disk did not confirm a write to ${file}; this process writes no more.`,
    hint: 'Check the disk (dmesg, smartctl), then start again and run "trestle audit verify".',
    cause,
  });

export const damaged = (file: string, finding?: string, cause?: unknown): TrestleError =>
  storeError('CORRUPT', {
    kind: 'failed',
    message: `The metadata database ${file} is damaged${finding === undefined ? '' : `: ${finding}`}.`,
    hint: 'Nothing was changed. Restore the file from a backup; blobs beside it are untouched.',
    details: { file },
    cause,
  });

function describe(code: number, file: string, cause: unknown): TrestleError | undefined {
  switch (code) {
    case BUSY:
    case LOCKED:
      return storeError('LOCKED', {
        kind: 'unavailable',
        message: `The metadata database ${file} is locked by another process.`,
        hint: 'Wait for the other command to end, or raise store.lockWaitMs in the configuration.',
        retryAfterS: 1,
        details: { file },
        cause,
      });
    case CORRUPT:
    case NOTADB:
      return damaged(file, undefined, cause);
    case FULL:
      return storeError('FULL', {
        kind: 'failed',
        message: `The disk is full: ${file} cannot grow.`,
        hint: 'Free some space and run the command again; nothing was half-written.',
        details: { file },
        cause,
      });
    case READONLY:
      return storeError('READ_ONLY', {
        kind: 'denied',
        message: `The metadata database ${file} cannot be written here.`,
        hint: 'Check the permissions of the file and its folder. A plugin changes state with change or write, never with query.',
        details: { file },
        cause,
      });
    case CANTOPEN:
    case IOERR:
      return storeError('UNREADABLE', {
        kind: 'failed',
        message: `The metadata database ${file} cannot be opened or read.`,
        hint: 'Check the permissions of its folder, and that the disk is healthy and not read-only.',
        details: { file },
        cause,
      });
    default:
      return undefined;
  }
}
