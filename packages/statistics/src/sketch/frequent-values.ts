import type { ColumnType } from '../table/column-type.ts';
import { compareValues } from './order.ts';
import type { ColumnSketch } from './sketches.ts';

export type Values = Pick<ColumnSketch, 'values' | 'untold'>;

/** Values that are always kept, however rare. */
export const TOP = 20;
/** The different values of all columns that are kept. */
const KEPT_VALUES = 2_000_000;

/** How many values of a column are kept: all of them, if it has no more. */
export const keptValues = (columns: number): number =>
  Math.max(32, Math.min(4_096, Math.floor(KEPT_VALUES / columns)));

/** With a limit on what may stand in `values`: the rest is what `untold` speaks of. */
export function keepMost({ values, untold }: Values, keep: number): Values {
  // What stands there once tells nothing, unless nothing was left out.
  const isAll = untold === 0 && values.length <= keep;
  const kept = values.filter(([, count], index) => index < keep && (isAll || index < TOP || count > 1));
  const next = values[kept.length]?.[1] ?? 0;
  return { values: kept, untold: untold + next };
}

/**
 * The most frequent values of all together, each with at least so many rows as are known of, and at most `untold` more: P. Agarwal and
 * others, Mergeable summaries (PODS 2012). Exact as long as nothing was left out.
 */
export function mergeValues(type: ColumnType, all: readonly Values[], keep: number): Values {
  const rows = new Map<string, [value: string, count: number, place: number]>();
  for (const { values } of all) {
    for (const [value, count, place] of values) {
      const known = rows.get(value);
      if (known) known[1] += count;
      else rows.set(value, [value, count, place]);
    }
  }
  const values = [...rows.values()].toSorted(
    ([a, countA], [b, countB]) => countB - countA || compareValues(type, a, b),
  );
  return keepMost({ values, untold: all.reduce((sum, { untold }) => sum + untold, 0) }, keep);
}
