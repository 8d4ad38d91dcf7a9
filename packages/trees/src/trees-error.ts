/** An error of this package: a stable code, what was wrong with its value, and what to do. */
export class TreesError extends Error {
  override readonly name = 'TreesError';
  readonly code: string;
  readonly kind = 'invalid';
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(name: string, message: string, hint: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = `TRS_TREES_${name}`;
    this.hint = hint;
    this.details = details;
  }
}
