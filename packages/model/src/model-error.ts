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

/** @throws TRS_MODEL_ROW_INVALID */
export function invalid(row: number, field: string, reason: string): ModelError {
  return new ModelError(
    'ROW_INVALID',
    `Row ${row}${field ? `, field "${field}"` : ''}: ${reason}.`,
    "See the model's schema (trestle model show).",
    { row, field, reason },
  );
}
