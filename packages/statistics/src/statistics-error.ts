/** An error of this package: a stable code, what was wrong with its value, and what to do. */
export class StatisticsError extends Error {
  override readonly name = 'StatisticsError';
  readonly code: string;
  readonly kind = 'invalid';
  readonly hint: string;

  constructor(name: string, message: string, hint: string) {
    super(message);
    this.code = `TRS_STATISTICS_${name}`;
    this.hint = hint;
  }
}
