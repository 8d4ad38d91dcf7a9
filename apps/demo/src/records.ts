import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';

/** One report as it stands in the file, with the outcome as a column of its own. */
export type Strike = Readonly<Record<string, string>>;

export const DATE = 'Flight Date';
export const SIZE = 'Wildlife Size';
export const SPEED = 'Speed IAS in knots';
export const TARGET = 'Damaged';
const EFFECT = 'Effect Amount of damage';

/** Columns that are only known after the strike, and tell its outcome. */
export const LEAKS = [EFFECT, 'Cost Other', 'Cost Repair', 'Cost Total $'] as const;

/** Reports from this day on are the future: the demo sends them as live traffic. */
export const LIVE_FROM = '2001-01-01';

/**
 * The wildlife strikes reported to the US Federal Aviation Administration from 1990 to 2002, as `vega-datasets`
 * publishes them (`birdstrikes.csv`, 10,000 rows), oldest first.
 */
export async function readStrikes(): Promise<readonly Strike[]> {
  // The package exports its index only; the data lies beside it.
  const file = new URL('../data/birdstrikes.csv', import.meta.resolve('vega-datasets'));
  const rows = parse<Record<string, string>>(await readFile(file), { columns: true });
  return rows
    .map((row) => ({ ...row, [TARGET]: String(row[EFFECT] !== 'None') }))
    .sort((a, b) => dateOf(a).localeCompare(dateOf(b)));
}

const dateOf = (strike: Strike): string => strike[DATE] ?? '';

export const isLive = (strike: Strike): boolean => dateOf(strike) >= LIVE_FROM;

export const toCsv = (strikes: readonly Strike[]): string => stringify([...strikes], { header: true });

/** The same records with mistakes of four kinds, each in rows of its own. */
export function corrupted(strikes: readonly Strike[]): readonly Strike[] {
  return strikes.map((strike, index) => {
    if (index % 400 === 7) return { ...strike, [SPEED]: '-140' };
    if (index % 400 === 107) return { ...strike, [SIZE]: 'Gigantic' };
    if (index % 400 === 207) return { ...strike, [DATE]: '' };
    if (index % 400 === 307) return { ...strike, 'Cost Repair': '900000' };
    return strike;
  });
}
