/** What kind of failure it is: it decides the exit code on the command line and the status over HTTP. */
export type ErrorKind =
  | 'usage'
  | 'invalid'
  | 'unauthenticated'
  | 'denied'
  | 'not-found'
  | 'wrong-method'
  | 'conflict'
  | 'refused'
  | 'too-large'
  | 'unsupported'
  | 'overloaded'
  | 'unavailable'
  | 'interrupted'
  | 'failed';

export interface ErrorParts {
  readonly kind: ErrorKind;
  /** What happened, with the offending value. */
  readonly message: string;
  /** What to do next. */
  readonly hint?: string | undefined;
  /** Machine-readable facts; never a secret. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** For `overloaded` and `unavailable`: when a retry makes sense, in seconds. */
  readonly retryAfterS?: number | undefined;
  readonly cause?: unknown;
}

/** The one error that users see: a stable code, what happened, and what to do next. */
export class TrestleError extends Error {
  override readonly name = 'TrestleError';
  readonly code: string;
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfterS: number | undefined;

  constructor(code: string, parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.kind = parts.kind;
    this.hint = parts.hint;
    this.details = parts.details ?? {};
    this.retryAfterS = parts.retryAfterS;
  }
}

/**
 * Makes the error function of one package.
 *
 * @example
 * const dataError = errorFactory('DATA');
 * throw dataError('FILE_MISSING', { kind: 'not-found', message: `No file "${path}".` }); // TRS_DATA_FILE_MISSING
 */
export function errorFactory(area: string): (name: string, parts: ErrorParts) => TrestleError {
  return (name, parts) => new TrestleError(`TRS_${area}_${name}`, parts);
}

/**
 * Whether a value is one of our errors. Checked by shape: two copies of a package may be installed, and the packages
 * of floor 0 bring errors of their own that carry a `TRS_` code but not this class.
 */
export function isTrestleError(value: unknown): value is TrestleError {
  return (
    value instanceof Error &&
    'code' in value &&
    typeof value.code === 'string' &&
    value.code.startsWith('TRS_')
  );
}
