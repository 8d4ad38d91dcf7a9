import type { Column } from '@trestle/contracts';
import { identifier, literal } from '@trestle/tables/sql';
import type { ColumnProfile } from '../profile/profile-schema.ts';
import type { Sides } from './row-diff.ts';

/** The deciles that bound the bins of numbers. */
const CUTS = ['0.1', '0.2', '0.3', '0.4', '0.5', '0.6', '0.7', '0.8', '0.9'];

/**
 * Jensen-Shannon distance between a column's values in two versions: numbers in the older one's tenths, other values by
 * their most frequent ones and the rest; missing values are a bin of their own.
 */
export async function distributionDistance(
  { engine, from, to }: Sides,
  { name, type }: Pick<Column, 'name' | 'type'>,
  older: ColumnProfile,
): Promise<number> {
  const column = identifier(name);
  const isNumber = type === 'number' || type === 'integer';
  const cuts = [...new Set(CUTS.map((share) => older.quantiles?.[share] ?? 0))];
  const values = older.top.map(({ value }) => literal(value)).join(', ');
  const bin = isNumber
    ? `CASE WHEN ${column} IS NULL THEN -1 ${cuts.map((cut, index) => `WHEN ${column} <= ${cut} THEN ${index}`).join(' ')} ELSE ${cuts.length} END`
    : type === 'timestamp'
      ? `strftime(${column}, '%Y-%m')`
      : `CASE WHEN ${column} IS NULL THEN 'missing' WHEN CAST(${column} AS VARCHAR) IN (${values || "''"}) THEN 'is ' || CAST(${column} AS VARCHAR) ELSE 'other' END`;
  const counted = (side: string): string => `SELECT ${bin} AS bin, count(*) AS n FROM ${side} GROUP BY 1`;
  const rows = await engine.rows(
    `SELECT coalesce(a.n, 0) AS a, coalesce(b.n, 0) AS b FROM (${counted(from)}) a FULL JOIN (${counted(to)}) b ON a.bin IS NOT DISTINCT FROM b.bin`,
  );
  return jensenShannon(rows.map((row) => [Number(row.a), Number(row.b)]));
}

/** Values that have a bin of their own. */
const TOP_TEXTS = 100;

/** The same of values that are texts on both sides: by the older one's most frequent, and the rest. */
export async function textDistance({ engine, from, to }: Sides, name: string): Promise<number> {
  const column = identifier(name);
  const top = `SELECT ${column} FROM ${from} WHERE ${column} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT ${TOP_TEXTS}`;
  const bin = `CASE WHEN ${column} IS NULL THEN 'missing' WHEN ${column} IN (${top}) THEN 'is ' || ${column} ELSE 'other' END`;
  const counted = (side: string): string => `SELECT ${bin} AS bin, count(*) AS n FROM ${side} GROUP BY 1`;
  const rows = await engine.rows(
    `SELECT coalesce(a.n, 0) AS a, coalesce(b.n, 0) AS b FROM (${counted(from)}) a FULL JOIN (${counted(to)}) b ON a.bin = b.bin`,
  );
  return jensenShannon(rows.map((row) => [Number(row.a), Number(row.b)]));
}

/** @param pairs counts of the same bin on both sides */
export function jensenShannon(pairs: readonly (readonly [number, number])[]): number {
  const [p, q] = [0, 1].map((side) => pairs.reduce((sum, pair) => sum + (pair[side] ?? 0), 0));
  if (!p || !q) return p === q ? 0 : 1;
  const part = (share: number, middle: number): number =>
    share === 0 ? 0 : share * Math.log2(share / middle);
  const divergence = pairs.reduce((sum, [a, b]) => {
    const [x, y] = [a / p, b / q];
    return sum + part(x, (x + y) / 2) / 2 + part(y, (x + y) / 2) / 2;
  }, 0);
  return Math.sqrt(Math.min(1, Math.max(0, divergence)));
}
