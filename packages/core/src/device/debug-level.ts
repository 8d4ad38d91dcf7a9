/**
 * `TRESTLE_DEBUG` as a number, 0 when it is not set: 1 says what was decided, 2 shows every kernel with its time, 3 its source.
 * In a page, `globalThis.TRESTLE_DEBUG`.
 */
export function debugLevel(): number {
  const page = Reflect.get(globalThis, 'TRESTLE_DEBUG');
  const value: unknown = typeof process === 'undefined' ? page : (process.env.TRESTLE_DEBUG ?? page);
  const level = Number(value);
  return Number.isFinite(level) ? level : 0;
}
