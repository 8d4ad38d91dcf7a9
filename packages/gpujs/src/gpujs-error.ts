/** An error of this package: a stable code, what was wrong with its value, and what to do. */
export class GpujsError extends Error {
  override readonly name = 'GpujsError';
  readonly code: string;
  readonly kind: 'invalid' | 'unavailable';
  readonly hint: string;

  constructor(
    name: string,
    message: string,
    parts: { readonly hint: string; readonly kind?: 'invalid' | 'unavailable'; readonly cause?: unknown },
  ) {
    super(message, { cause: parts.cause });
    this.code = `TRS_GPUJS_${name}`;
    this.kind = parts.kind ?? 'invalid';
    this.hint = parts.hint;
  }
}
