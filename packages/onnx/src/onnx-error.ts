/** An error of this package: a stable code, what was wrong with its value, and what to do. */
export class OnnxError extends Error {
  override readonly name = 'OnnxError';
  readonly code: string;
  readonly kind = 'invalid';
  readonly hint: string;

  constructor(name: string, message: string, hint: string) {
    super(message);
    this.code = `TRS_ONNX_${name}`;
    this.hint = hint;
  }
}
