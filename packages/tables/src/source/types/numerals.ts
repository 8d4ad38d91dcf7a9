import { literal } from '../../engine/quote.ts';

/** How a person said that numbers are written in a delimited text. */
export interface Numerals {
  readonly decimal?: '.' | ',' | undefined;
  /** What parts thousands. */
  readonly thousands?: string | undefined;
  /** Signs of currencies that stand before or behind a number. */
  readonly currency?: readonly string[] | undefined;
  /** Numbers with % are hundredths. */
  readonly percent?: boolean | undefined;
}

export const isPlain = ({
  decimal = '.',
  thousands = '',
  currency = [],
  percent = false,
}: Numerals): boolean => decimal === '.' && thousands === '' && currency.length === 0 && !percent;

/** A text as a pattern that fits it alone. */
export const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
/** Spaces of every width part thousands, and stand between a number and its sign. */
const SPACES = '[ \\x{00A0}\\x{2009}\\x{202F}]';
const isSpace = (text: string): boolean => /^[ \u00a0\u2009\u202f]$/.test(text);

/** SQL: a text as the number that it writes in that way; NULL when it writes none. */
export function plainNumber(
  text: string,
  { decimal = '.', thousands, currency = [], percent }: Numerals,
): string {
  const part = thousands ? (isSpace(thousands) ? SPACES : escaped(thousands)) : undefined;
  const whole = part ? `([0-9]{1,3}(${part}[0-9]{3})+|[0-9]+)` : '[0-9]+';
  const number = `${whole}(${escaped(decimal)}[0-9]+)?`;
  const sign = currency.length > 0 ? `(${currency.map(escaped).join('|')})` : undefined;
  const before = sign ? `(${sign}${SPACES}?)?` : '';
  const behind = sign ? `(${SPACES}?${sign})?` : '';
  const share = percent ? `(${SPACES}?%)?` : '';
  const isOne = `regexp_full_match(${text}, ${literal(`-?${before}-?${number}${behind}${share}`)})`;
  const gone = [sign, sign || percent ? SPACES : undefined, percent ? '%' : undefined, part];
  const bare = gone.reduce<string>(
    (from, what) => (what ? `regexp_replace(${from}, ${literal(what)}, '', 'g')` : from),
    text,
  );
  const pointed = decimal === '.' ? bare : `replace(${bare}, ${literal(decimal)}, '.')`;
  const hundredths = percent
    ? `CASE WHEN suffix(${text}, '%') THEN ${pointed} || 'e-2' ELSE ${pointed} END`
    : pointed;
  return `CASE WHEN ${isOne} THEN ${hundredths} END`;
}
