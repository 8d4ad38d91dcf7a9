/** An error of this package: a stable code, what was wrong with its value, and what to do. */
export class CoreError extends Error {
  override readonly name = 'CoreError';
  readonly code: string;
  readonly kind: 'invalid' | 'unavailable';
  readonly hint: string;

  constructor(name: string, message: string, hint: string, kind: 'invalid' | 'unavailable' = 'invalid') {
    super(message);
    this.code = `TRS_CORE_${name}`;
    this.kind = kind;
    this.hint = hint;
  }
}
