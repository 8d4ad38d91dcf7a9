/** What a number in a cell stands for, by its format. */
export type NumberForm = 'number' | 'day' | 'time' | 'elapsed';

/** Formats that stand in no file (ECMA-376 part 1, 18.8.30), and those of East Asian calendars. */
const BUILT_IN: readonly (readonly [from: number, to: number, form: NumberForm])[] = [
  [14, 17, 'day'],
  [18, 21, 'time'],
  [22, 22, 'day'],
  [27, 36, 'day'],
  [45, 45, 'time'],
  [46, 46, 'elapsed'],
  [47, 47, 'time'],
  [50, 58, 'day'],
];

export const builtInForm = (id: number): NumberForm =>
  BUILT_IN.find(([from, to]) => id >= from && id <= to)?.[2] ?? 'number';

/** What a format code shows: `yyyy-mm-dd`, `hh:mm`, `[h]:mm`, `0.00`. */
export function formOf(code: string): NumberForm {
  const [first = ''] = code
    .replaceAll(/"[^"]*"|\\.|_.|\*./g, '')
    .toLowerCase()
    .split(';');
  if (/\[(h+|m+|s+)\]/.test(first)) return 'elapsed';
  const tokens = first.replaceAll(/\[[^\]]*\]/g, '').replaceAll(/am\/pm|a\/p|general/g, '');
  if (/[yd]/.test(tokens)) return 'day';
  if (/[hs]/.test(tokens)) return 'time';
  return tokens.includes('m') ? 'day' : 'number';
}

const DAY_MS = 86_400_000;
/** A day that never was: Lotus 1-2-3 took 1900 for a leap year, and Excel kept it. */
const NO_DAY = 60;

/**
 * A serial number as the day or time that it stands for, to the millisecond, which is what Excel keeps.
 *
 * @param is1904 days are counted from 1904-01-01
 * @returns undefined for what is none, such as a negative number
 */
export function serialText(serial: number, form: NumberForm, is1904: boolean): string | undefined {
  if (!(serial >= 0)) return undefined;
  if (form === 'elapsed') return clock(Math.round(serial * DAY_MS));
  let day = Math.floor(serial);
  let ms = Math.round((serial - day) * DAY_MS);
  if (ms === DAY_MS) [day, ms] = [day + 1, 0];
  if (day === 0 && !is1904) return clock(ms);
  if (form === 'time' && day === 0) return clock(ms);
  if (day === NO_DAY && !is1904) return withTime('1900-02-29', ms);
  const start = is1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, day < NO_DAY ? 31 : 30);
  const date = new Date(start + day * DAY_MS);
  return Number.isNaN(date.getTime()) ? undefined : withTime(date.toISOString().slice(0, 10), ms);
}

const withTime = (day: string, ms: number): string => (ms === 0 ? day : `${day} ${clock(ms)}`);

/** Milliseconds as HH:MM:SS, with as much of a fraction as there is. */
function clock(ms: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const rest = ms % 1_000;
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(3, '0').replace(/0+$/, '')}`;
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1_000) % 60)}${fraction}`;
}
