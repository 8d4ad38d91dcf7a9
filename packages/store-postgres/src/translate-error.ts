import { isTrestleError, type TrestleError } from '@trestle/kernel';
import { storeError } from './store-error.ts';

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';

/** Whether another transaction came between, so that the same may be tried again. */
export const isConflict = (thrown: unknown): boolean =>
  isTrestleError(thrown) && thrown.code === 'TRS_STORE_CONFLICT';

/** Whether the connection cannot be used any more. */
export const isBroken = (thrown: unknown): boolean =>
  isTrestleError(thrown) && thrown.code === 'TRS_STORE_UNREACHABLE';

/** What the driver says where the server did not answer, which has no code of the server's. */
const UNREACHABLE = /^(E[A-Z]+|57P0[1-5]|08...|53300)$/;
const LOST =
  /terminat|timeout exceeded when trying to connect|not queryable|Connection ended|connection timeout/i;

/** Makes a readable error of one that the server or the driver raised (postgresql.org/docs/current/errcodes-appendix.html); leaves others alone. */
export function translateError(thrown: unknown, shown: string): unknown {
  if (isTrestleError(thrown) || !(thrown instanceof Error)) return thrown;
  return describe(codeOf(thrown), thrown, shown) ?? thrown;
}

function describe(code: string, cause: Error, shown: string): TrestleError | undefined {
  if (code === '40001' || code === '40P01') {
    return storeError('CONFLICT', {
      kind: 'unavailable',
      message: `Other changes came between, again and again, in ${shown}.`,
      hint: 'Try again; nothing was half-written.',
      retryAfterS: 1,
      cause,
    });
  }
  if (code === '55P03' || code === '57014') {
    return storeError('LOCKED', {
      kind: 'unavailable',
      message: `The database ${shown} is held by others (${cause.message}).`,
      hint: 'Wait for the other command to end, or raise postgres.lockWaitMs or postgres.statementMs in the configuration.',
      retryAfterS: 1,
      cause,
    });
  }
  if (code === '25006' || code === '42501') {
    return storeError('READ_ONLY', {
      kind: 'denied',
      message: `The database ${shown} cannot be written here (${cause.message}).`,
      hint: 'Check the rights of its user. A plugin changes state with change or write, never with query.',
      cause,
    });
  }
  if (code === '53100') {
    return storeError('FULL', {
      kind: 'failed',
      message: `The disk of the database ${shown} is full.`,
      hint: 'Free some space there and run the command again; nothing was half-written.',
      cause,
    });
  }
  if (/^(XX00[12]|28...|3D000)$/.test(code)) {
    return storeError(code.startsWith('XX') ? 'CORRUPT' : 'REFUSED', {
      kind: 'failed',
      message: `The database ${shown} says: ${cause.message}.`,
      hint: 'Check postgres.url, the rights of its user, and the log of the server.',
      cause,
    });
  }
  if (!UNREACHABLE.test(code) && !LOST.test(cause.message)) return undefined;
  return storeError('UNREACHABLE', {
    kind: 'unavailable',
    message: `The database ${shown} cannot be reached: ${cause.message}.`,
    hint: 'Check that it runs and takes connections. A change whose end was not heard is whole or not there.',
    retryAfterS: 1,
    cause,
  });
}
