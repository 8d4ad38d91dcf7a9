/** Most texts have no number that could be lost, and are not read for one. */
const MAY_BE_LOST = /\d{16}|\d[eE]\+?\d{2}/;

/**
 * The first number of a JSON text that JavaScript has not, as it is written: a whole number beyond 2^53 that becomes another
 * one, or one that is too large to be any. Undefined where there is none, and for a text that is no JSON.
 */
export function lostNumber(text: string): string | undefined {
  if (!MAY_BE_LOST.test(text)) return undefined;
  let found: string | undefined;
  try {
    JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => {
      const source = context?.source;
      if (source !== undefined && typeof value === 'number' && isLost(source, value)) found ??= source;
      return value;
    });
  } catch {
    return undefined;
  }
  return found;
}

const isLost = (source: string, value: number): boolean =>
  !Number.isFinite(value) || (/^-?\d+$/.test(source) && BigInt(source) !== BigInt(value));
