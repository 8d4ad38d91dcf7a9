/** Ways in which numbers and times are written as texts: what a feature is read from. */
export const WRITTEN = [
  'money',
  'money-with-comma',
  'percent',
  'year-month-day',
  'month-day-year',
  'day-month-year',
] as const;
export type Written = (typeof WRITTEN)[number];

/** How each looks, for a person. */
export const WRITTEN_EXAMPLES: Readonly<Record<Written, string>> = {
  money: '$1,234.50',
  'money-with-comma': '1.234,50 €',
  percent: '12.5 %',
  'year-month-day': '2024/01/31 or 2024-01-31 16:05',
  'month-day-year': '01/31/2024 or Jan 31 2024',
  'day-month-year': '31.01.2024 or 31 Jan 2024',
};

export const isWrittenTime = (way: Written): boolean => way.includes('year');

/** The number that a text says, times in milliseconds since 1970 (in UTC where no zone is said); undefined where it is not written so. */
export function readWritten(way: Written, text: string): number | undefined {
  const trimmed = text.trim();
  if (way === 'percent') return percentOf(trimmed);
  if (way === 'money') return moneyOf(trimmed, ',', '.');
  if (way === 'money-with-comma') return moneyOf(trimmed, '.', ',');
  return timeOf(way, trimmed);
}

/**
 * The one way in which all texts are written; undefined where there is none, where they are plain words or numbers, and where it may
 * be the day or the month that comes first.
 *
 * @param texts those that are there
 */
export function writtenWay(texts: Iterable<string>): Written | undefined {
  let ways: readonly Written[] = WRITTEN;
  let isMarked = false;
  for (const text of texts) {
    ways = ways.filter((way) => readWritten(way, text) !== undefined);
    if (ways.length === 0) return undefined;
    // Digits alone are numbers already, if numbers they are: a code may begin with 0.
    isMarked ||= /[^\d]/.test(text.trim());
  }
  // Whole amounts without groups are the same ones in both ways.
  const isAmount = ways.every((way) => way.startsWith('money'));
  return isMarked && (ways.length === 1 || isAmount) ? ways[0] : undefined;
}

function percentOf(text: string): number | undefined {
  const digits = /^([-+]?\d+(?:\.\d+)?) ?%$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

const CURRENCY = '(?:[$€£¥]|USD|EUR|GBP|CHF|JPY)';
const MONEY = new RegExp(
  `^(?<sign>[-+]?)(?<before>${CURRENCY} ?)?(?<inner>-?)(?<digits>\\d[\\d.,]*)(?<behind> ?${CURRENCY})?$`,
);

/** Only with a sign of currency: digits with points and commas alone may be versions, or codes. */
function moneyOf(text: string, thousands: string, decimal: string): number | undefined {
  const isLoss = text.startsWith('(') && text.endsWith(')');
  const found = MONEY.exec(isLoss ? text.slice(1, -1) : text)?.groups;
  if (!found || (found.before === undefined) === (found.behind === undefined)) return undefined;
  const [whole = '', cents, ...more] = (found.digits ?? '').split(decimal);
  const [first = '', ...groups] = whole.split(thousands);
  const isGrouped =
    groups.every((group) => /^\d{3}$/.test(group)) && (groups.length === 0 || first.length <= 3);
  if (more.length > 0 || !isGrouped || !/^\d+$/.test(first)) return undefined;
  if (cents !== undefined && !/^\d{1,2}$/.test(cents)) return undefined;
  const value = Number(`${first}${groups.join('')}.${cents ?? '0'}`);
  return found.sign === '-' || found.inner === '-' || isLoss ? -value : value;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DATE =
  /^(\d{1,4}|[a-z]{3,9}\.?)[-/. ](\d{1,2}|[a-z]{3,9}\.?)(?:[-/.]|,? )(\d{1,4})(?:(?:T|,? )(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?: ?(am|pm))?(?: ?(z|[-+]\d\d:?\d\d))?)?$/i;

const ORDER: Readonly<Record<string, readonly [year: number, month: number, day: number]>> = {
  'year-month-day': [1, 2, 3],
  'month-day-year': [3, 1, 2],
  'day-month-year': [3, 2, 1],
};

function timeOf(way: Written, text: string): number | undefined {
  const found = DATE.exec(text);
  if (!found) return undefined;
  const [yearAt, monthAt, dayAt] = ORDER[way] ?? [1, 2, 3];
  const [years = '', months = '', days = ''] = [found[yearAt], found[monthAt], found[dayAt]];
  if (!/^(\d{2}|\d{4})$/.test(years) || (way === 'year-month-day' && years.length !== 4)) return undefined;
  if (!/^\d{1,2}$/.test(days)) return undefined;
  const named = MONTHS.findIndex((name) => months.toLowerCase().startsWith(name));
  const month = /^\d/.test(months) ? Number(months) - 1 : named;
  // Two digits as POSIX has them: from 1969 to 2068.
  const year = Number(years) + (years.length === 4 ? 0 : Number(years) < 69 ? 2000 : 1900);
  const half = found[8]?.toLowerCase();
  const given = Number(found[4] ?? 0);
  const hour = half === undefined ? given : (given % 12) + (half === 'pm' ? 12 : 0);
  const [minute, second] = [Number(found[5] ?? 0), Number(found[6] ?? 0)];
  const isClock =
    hour < 24 && minute < 60 && second < 60 && (half === undefined || (given > 0 && given < 13));
  const day = Date.UTC(year, month, Number(days));
  const isDay =
    month >= 0 && new Date(day).getUTCMonth() === month && new Date(day).getUTCDate() === Number(days);
  if (!isClock || !isDay) return undefined;
  const fraction = Math.trunc(Number(`0.${found[7] ?? 0}`) * 1e3);
  return day + ((hour * 60 + minute) * 60 + second) * 1e3 + fraction - zoneOf(found[9]);
}

/** In milliseconds. */
function zoneOf(zone: string | undefined): number {
  const parts = /([-+])(\d\d):?(\d\d)/.exec(zone ?? '');
  if (!parts) return 0;
  return (parts[1] === '-' ? -1 : 1) * (Number(parts[2]) * 60 + Number(parts[3])) * 60_000;
}
