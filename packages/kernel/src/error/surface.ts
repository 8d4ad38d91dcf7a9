import { type ErrorKind, isTrestleError, TrestleError } from './trestle-error.ts';

const EXIT_CODES: Readonly<Record<ErrorKind, number>> = {
  usage: 2,
  invalid: 2,
  unauthenticated: 1,
  denied: 1,
  // A name that is not there is wrong input.
  'not-found': 2,
  'wrong-method': 2,
  conflict: 1,
  refused: 3,
  'too-large': 2,
  unsupported: 2,
  overloaded: 1,
  unavailable: 1,
  interrupted: 130,
  failed: 1,
};

const STATUSES: Readonly<Record<ErrorKind, number>> = {
  usage: 400,
  invalid: 422,
  unauthenticated: 401,
  denied: 403,
  'not-found': 404,
  'wrong-method': 405,
  conflict: 409,
  refused: 422,
  'too-large': 413,
  unsupported: 415,
  overloaded: 429,
  unavailable: 503,
  interrupted: 499,
  failed: 500,
};

/** Whether a text, of another version or package, is a kind that we know. */
export const isErrorKind = (text: unknown): text is ErrorKind =>
  typeof text === 'string' && Object.hasOwn(EXIT_CODES, text);

/** The exit code of the command line: 1 failed, 2 wrong usage or input, 3 a check said no, 130 interrupted. */
export const exitCodeOf = (error: TrestleError): number => EXIT_CODES[error.kind] ?? 1;

/** The HTTP status of an error. */
export const statusOf = (error: TrestleError): number => STATUSES[error.kind] ?? 500;

/** An error as the `error` member of `--json` output. */
export interface ErrorDocument {
  readonly code: string;
  /** Decides the exit code. Missing where an older version wrote it. */
  readonly kind?: ErrorKind | undefined;
  readonly message: string;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export function errorDocument(error: TrestleError): ErrorDocument {
  const { code, kind, message, hint = '', details = {} } = error;
  return { code, kind, message, hint, details };
}

/** What the system refuses, by its code: the kind of error, what it means, what to do. */
const SYSTEM_FAULTS: Readonly<Record<string, readonly [ErrorKind, what: string, hint: string]>> = {
  ENOSPC: [
    'failed',
    'The disk is full',
    'Free some space and run the command again; nothing was half-written.',
  ],
  EDQUOT: ['failed', 'The disk quota is used up', 'Free some space and run the command again.'],
  EACCES: ['denied', 'The system refuses access', 'Check the permissions of the file or folder.'],
  EPERM: ['denied', 'The system refuses access', 'Check the permissions of the file or folder.'],
  EROFS: ['denied', 'The file system is read-only', 'Choose another folder with --project.'],
  ENOENT: ['not-found', 'There is no such file or folder', 'Check the path.'],
  EISDIR: ['invalid', 'A file is expected, and this is a folder', 'Name a file.'],
  ENOTDIR: ['invalid', 'A folder is expected, and this is a file', 'Name a folder.'],
  EEXIST: ['conflict', 'Something of that name is there already', 'Choose another name, or remove it first.'],
  ENOTEMPTY: ['conflict', 'The folder is not empty', 'Choose another name, or empty it first.'],
  ENAMETOOLONG: ['invalid', 'The name is longer than the system takes', 'Choose a shorter one.'],
  ELOOP: ['invalid', 'Links lead round in a circle', 'Name the file itself.'],
  EBUSY: ['unavailable', 'Another program has it open', 'Close that program, and run the command again.'],
  EIO: ['failed', 'The disk cannot be read or written', 'Check it; restore what is damaged from a backup.'],
  EADDRINUSE: [
    'conflict',
    'Another program listens there already',
    'Choose another port with --port; 0 takes a free one.',
  ],
  EADDRNOTAVAIL: ['invalid', 'This machine has no such address', 'Choose another one with --host.'],
  ECONNREFUSED: ['unavailable', 'Nobody listens there', 'Check the address, and that the server runs.'],
  ECONNRESET: ['unavailable', 'The other side ended the connection', 'Try again.'],
  ETIMEDOUT: ['unavailable', 'The other side did not answer in time', 'Try again.'],
  ENOTFOUND: [
    'unavailable',
    'There is no machine of that name',
    'Check the address, and the connection to the network.',
  ],
  EMFILE: [
    'unavailable',
    'Too many files are open',
    'Raise the limit (ulimit -n) or run fewer commands at once.',
  ],
};

/** Turns whatever was thrown into an error that a user can read. The original stays as `cause` for TRESTLE_DEBUG. */
export function toTrestleError(thrown: unknown): TrestleError {
  if (thrown instanceof TrestleError) return thrown;
  if (isTrestleError(thrown)) return foreignError(thrown);
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return new TrestleError('TRS_INTERRUPTED', {
      kind: 'interrupted',
      message: 'Interrupted.',
      hint: 'What was not finished is not kept: run the command again.',
      cause: thrown,
    });
  }
  if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string') {
    const known = SYSTEM_FAULTS[thrown.code];
    if (known) {
      const [kind, what, hint] = known;
      const path = 'path' in thrown && typeof thrown.path === 'string' ? ` (${thrown.path})` : '';
      return new TrestleError(`TRS_SYSTEM_${thrown.code}`, {
        kind,
        message: `${what}${path}.`,
        hint,
        cause: thrown,
      });
    }
  }
  return new TrestleError('TRS_INTERNAL', {
    kind: 'failed',
    message: `Unexpected: ${thrown instanceof Error ? thrown.message : textOf(thrown)}`,
    hint: 'This is a defect of Trestle or of a plugin. Run again with TRESTLE_DEBUG=1 for the details and report it.',
    cause: thrown,
  });
}

/** A text for any value: some throw when they are made one, as an object without a prototype does. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}

/** An error of a package that does not know the kernel (core, onnx, model): same code, the kind it names or `invalid`. */
function foreignError(error: TrestleError): TrestleError {
  const kind = isErrorKind(error.kind) ? error.kind : 'invalid';
  return new TrestleError(error.code, {
    kind,
    message: error.message,
    hint: error.hint,
    details: error.details,
    cause: error,
  });
}
