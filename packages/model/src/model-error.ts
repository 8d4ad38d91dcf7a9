/** An error of this package: a stable code, what was wrong with its value, and what to do. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly code: string;
  readonly kind = 'invalid';
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(name: string, message: string, hint: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = `TRS_MODEL_${name}`;
    this.hint = hint;
    this.details = details;
  }
}
