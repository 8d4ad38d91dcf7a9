const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

export const count = (value: number): string => whole.format(value);
export const number = (value: number | null | undefined): string => {
  if (value === null || value === undefined) return '–';
  // A whole number is shown whole: 1,565,354 is not 1,565,000.
  return Number.isInteger(value) ? whole.format(value) : compact.format(value);
};
const fixed = new Intl.NumberFormat('en', { minimumFractionDigits: 4, maximumFractionDigits: 4 });
/** A metric with as many decimals as its neighbours, so that a column of them lines up. */
export const metric = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : fixed.format(value);
export const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
/** `64 s`, `2 min 5 s` */
export function duration(from: string, until: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(until) - Date.parse(from)) / 1_000));
  return seconds < 100 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
export const plural = (n: number, one: string): string => `${count(n)} ${one}${n === 1 ? '' : 's'}`;

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** `3 min. ago` */
export function ago(time: string, now = Date.now()): string {
  const elapsed = Date.parse(time) - now;
  const [unit, size] = STEPS.find(([, ms]) => Math.abs(elapsed) >= ms) ?? ['second', 1_000];
  return relative.format(Math.round(elapsed / size), unit);
}

/** Names of metrics as people write them. */
export const metricName = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace('roc auc', 'ROC AUC');
