import type { ColumnType, StoredType } from '@trestle/statistics';
import { literal } from '../../engine/quote.ts';

/** One way of writing the values of a type: what is a value of it when it's read from a text, and which texts it gives back. */
export interface Spelling {
  /** Equal for equal spellings. */
  readonly key: string;
  readonly type: ColumnType;
  readonly stored?: StoredType;
  /** What the engine's own reader of delimited texts makes of these texts the same value as. */
  readonly native?: 'BIGINT' | 'DOUBLE';
  /** Of what JSON, a workbook or SQLite must say that a value is; a field of a delimited text says nothing. */
  readonly of: ValueKind;
  /** Also a field of a delimited text may be one. */
  readonly isProof: boolean;
  /** SQL: the value of a text; NULL where it has none. */
  value(text: string): string;
  /** SQL: whether the value, written back, gives the text that it came from. */
  fits(text: string, value: string): string;
}

/** What a value is where its source says so: s a string, n a number, b a truth, j nested (JSON). */
export type ValueKind = 's' | 'n' | 'b' | 'j';

/** Beyond this a double holds not every whole number. */
const MOST_WHOLE = String(Number.MAX_SAFE_INTEGER);

const spelling = (
  key: string,
  type: ColumnType,
  of: ValueKind,
  how: Pick<Spelling, 'value' | 'fits'> & Partial<Spelling>,
): Spelling => ({ key, type, of, isProof: true, ...how });

/** Words for numbers that are none, as the engine writes them; in a column of other numbers they are values. */
export const NO_NUMBERS: readonly string[] = ['nan', 'inf', '-inf'];

const isNoNumber = (text: string): string => `${text} IN (${NO_NUMBERS.map(literal).join(', ')})`;

const asDouble = (text: string): string => `TRY_CAST(${text} AS DOUBLE)`;

const INTEGER = spelling('integer', 'integer', 'n', {
  native: 'BIGINT',
  value: (text) => `TRY_CAST(${text} AS BIGINT)`,
  fits: (text, value) => `CAST(${value} AS VARCHAR) = ${text}`,
});

/** As Python, pandas and DuckDB write doubles: 1.0, 0.25, 1e-05. */
const ALWAYS_FRACTION = spelling('number, always with a fraction', 'number', 'n', {
  native: 'DOUBLE',
  value: asDouble,
  // A short text is checked without writing anything.
  fits: (text, value) =>
    `CASE WHEN ${isNoNumber(text)} THEN true WHEN length(${text}) <= 16 AND regexp_full_match(${text}, '-?(0|[1-9][0-9]*)\\.([0-9]*[1-9]|0)') THEN abs(${value}) >= 1e-4 OR ${value} = 0 ELSE CAST(${value} AS VARCHAR) = ${text} AND isfinite(${value}) END`,
});

/** The digits of a number from the first that is not 0, without its exponent. */
export const digitsOf = (text: string): string =>
  `ltrim(regexp_replace(regexp_replace(${text}, '[eE].*', ''), '[^0-9]', '', 'g'), '0')`;

/** As JavaScript, R and people write them: 1, 0.25, 0.00001; no zero that says nothing, no whole number that a double rounds. */
const PLAIN = spelling('number, plain', 'number', 'n', {
  native: 'DOUBLE',
  value: asDouble,
  fits: (text, value) =>
    `CASE WHEN ${isNoNumber(text)} THEN true WHEN length(${text}) <= 15 AND regexp_full_match(${text}, '-?(0|[1-9][0-9]*)(\\.[0-9]*[1-9])?') THEN ${text} <> '-0' WHEN contains(${text}, 'e') THEN CAST(${value} AS VARCHAR) = regexp_replace(${text}, 'e([+-])([0-9])$', 'e\\10\\2') AND isfinite(${value}) WHEN abs(${value}) < 1e-4 THEN regexp_full_match(${text}, '-?0\\.0{4,5}[0-9]*[1-9]') AND ${digitsOf(text)} = ${digitsOf(`CAST(${value} AS VARCHAR)`)} WHEN contains(${text}, '.') THEN CAST(${value} AS VARCHAR) = ${text} AND NOT suffix(${text}, '.0') ELSE abs(${value}) <= ${MOST_WHOLE} AND CAST(TRY_CAST(${value} AS BIGINT) AS VARCHAR) = ${text} END`,
});

/** Decimals that all have so many digits behind the point: 1.10, 2.50. */
export const decimal = (digits: 18 | 38, scale: number): Spelling =>
  spelling(`decimal ${digits} ${scale}`, 'number', 'n', {
    stored: `DECIMAL(${digits},${scale})`,
    value: (text) => `TRY_CAST(${text} AS DECIMAL(${digits},${scale}))`,
    fits: (text, value) => `CAST(${value} AS VARCHAR) = ${text}`,
  });

/** Whether a double says all digits of the text that it is the nearest to. */
export const holdsDigits = (text: string, value: string): string => {
  const digits = `rtrim(${digitsOf(text)}, '0')`;
  return `CASE WHEN ${digits} = '' THEN true WHEN length(${digits}) <= 15 AND abs(${value}) BETWEEN 1e-300 AND 1e300 THEN true ELSE isfinite(${value}) AND ${digits} IN (rtrim(${digitsOf(`CAST(${value} AS VARCHAR)`)}, '0'), rtrim(${digitsOf(`printf('%.16e', ${value})`)}, '0')) END`;
};

const NUMERAL = '[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?';

/** Numbers whose source says that they are: a double of the same value does, whatever zeros and exponents say it. */
export const BY_VALUE = spelling('number by value', 'number', 'n', {
  isProof: false,
  value: asDouble,
  fits: (text, value) => `regexp_full_match(${text}, '-?${NUMERAL}') AND ${holdsDigits(text, value)}`,
});

const TRUTHS = [
  ['true', 'false'],
  ['True', 'False'],
  ['TRUE', 'FALSE'],
] as const;

const truth = ([yes, no]: readonly [string, string]): Spelling =>
  spelling(`boolean ${yes}`, 'boolean', 'b', {
    value: (text) => `(${text} = ${literal(yes)})`,
    fits: (text) => `(${text} = ${literal(yes)} OR ${text} = ${literal(no)})`,
  });

/** What is earlier than the year 1000 is more often a code than a day. */
const isDay = (text: string): string => `${text} >= '1000'`;

/** With its digits in their places, what the engine reads is written back as it came: it takes no digit, space or sign too many. */
const DATE = spelling('date', 'timestamp', 's', {
  value: (text) => `CAST(TRY_CAST(${text} AS DATE) AS TIMESTAMP)`,
  fits: (text, value) => `${text} LIKE '____-__-__' AND ${isDay(text)} AND ${value} IS NOT NULL`,
});

/** How the times of a column are written. */
interface TimeStyle {
  readonly separator: ' ' | 'T';
  readonly hasSeconds: boolean;
  /** Digits of the fraction that all have, as many as needed, or six where it is not 0 (Python's isoformat). */
  readonly fraction: number | 'trimmed' | 'none or six';
  /** What stands for UTC at the end, if anything does. */
  readonly zone: string;
  /** A midnight is written as its day alone. */
  readonly hasDays: boolean;
}

/** The text of a time as the engine writes one. */
function plainTime(text: string, { separator, hasSeconds, fraction, zone }: TimeStyle): string {
  const bare = zone === '' ? text : `left(${text}, length(${text}) - ${zone.length})`;
  const spaced = separator === 'T' ? `replace(${bare}, 'T', ' ')` : bare;
  if (!hasSeconds) return `${spaced} || ':00'`;
  return typeof fraction === 'number' && fraction > 0 ? `rtrim(rtrim(${spaced}, '0'), '.')` : spaced;
}

function time(style: TimeStyle): Spelling {
  const { separator, fraction, zone, hasDays } = style;
  const whole = (text: string): string => plainTime(text, style);
  const places = `____-__-__${separator}__:__${style.hasSeconds ? ':__' : ''}`;
  const end = typeof fraction === 'number' && fraction > 0 ? `.${'_'.repeat(fraction)}` : '';
  /** The engine takes 24:00 for the next day. */
  const isClock = (text: string): string => `substr(${text}, 12, 2) <> '24'`;
  const isWritten = (text: string, value: string): string => {
    if (fraction === 'none or six') {
      const six = time({ ...style, fraction: 6 }).fits(text, value);
      const none = time({ ...style, fraction: 0 }).fits(text, value);
      return `CASE WHEN contains(${text}, '.') THEN ${six} AND NOT contains(${text}, '.000000') ELSE ${none} END`;
    }
    return fraction === 0
      ? `${text} LIKE ${literal(places + zone)} AND ${isDay(text)} AND ${isClock(text)} AND ${value} IS NOT NULL`
      : `${text} LIKE ${literal(`${places}${end}${fraction === 'trimmed' ? '%' : ''}${zone}`)} AND ${isDay(text)} AND CAST(${value} AS VARCHAR) = ${whole(text)}`;
  };
  return spelling(`time ${JSON.stringify(style)}`, 'timestamp', 's', {
    value: (text) =>
      hasDays
        ? `CASE WHEN length(${text}) = 10 THEN CAST(TRY_CAST(${text} AS DATE) AS TIMESTAMP) ELSE TRY_CAST(${whole(text)} AS TIMESTAMP) END`
        : `TRY_CAST(${whole(text)} AS TIMESTAMP)`,
    fits: (text, value) => {
      const isTime = isWritten(text, value);
      if (!hasDays) return isTime;
      return `CASE WHEN length(${text}) = 10 THEN ${DATE.fits(text, value)} ELSE ${isTime} AND NOT suffix(CAST(${value} AS VARCHAR), ' 00:00:00') END`;
    },
  });
}

/** Times as a person said that they are written. */
export const dateFormat = (format: string): Spelling =>
  spelling(`date format ${format}`, 'timestamp', 's', {
    value: (text) => {
      const read = `try_strptime(${text}, ${literal(format)})`;
      return /%[zZ]/.test(format) ? `timezone('UTC', ${read})` : read;
    },
    // The engine reads words such as "infinity" in any format.
    fits: (text, value) => `${value} IS NOT NULL AND isfinite(${value}) AND regexp_matches(${text}, '[0-9]')`,
  });

const A_TIME = /^\d{4}-\d\d-\d\d([ T])\d\d:\d\d(:\d\d(?:\.(\d{1,9}))?)?(Z|\+00(?::?00)?)?$/;

/**
 * The spellings that all values of a column may be written in when one of them is: in the order in which they are preferred.
 * What any value of a column would give is among them, so that it doesn't matter which value is asked.
 */
export function spellingsOf(text: string): readonly Spelling[] {
  const found: Spelling[] = [];
  if (/^-?[0-9]/.test(text) && text.length <= 60) {
    const [, fraction] = /^-?[0-9]+(?:\.([0-9]+))?$/.exec(text) ?? [];
    found.push(INTEGER, ALWAYS_FRACTION, PLAIN);
    if (fraction !== undefined && fraction.length <= 38)
      found.push(
        ...(fraction.length <= 18 ? [decimal(18, fraction.length)] : []),
        decimal(38, fraction.length),
      );
    found.push(BY_VALUE);
  }
  for (const words of TRUTHS) if (words.some((word) => word === text)) found.push(truth(words));
  const [isTime, separator, seconds, digits = '', zone = ''] = A_TIME.exec(text) ?? [];
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  if (isDate || isTime !== undefined) found.push(DATE);
  if (isDate)
    // One that is a time has the rest of the style.
    return found;
  if (isTime !== undefined) {
    const style = {
      separator: separator === 'T' ? ('T' as const) : (' ' as const),
      hasSeconds: seconds !== undefined,
      zone,
    };
    const fixed = { ...style, fraction: digits.length, hasDays: false };
    const trimmed = { ...style, fraction: 'trimmed' as const };
    found.push(time(fixed));
    if (style.hasSeconds) found.push(time({ ...trimmed, hasDays: false }));
    if (style.hasSeconds && (digits.length === 0 || digits.length === 6))
      found.push(time({ ...style, fraction: 'none or six', hasDays: false }));
    found.push(time({ ...(style.hasSeconds ? trimmed : fixed), hasDays: true }));
  }
  return found;
}
