import { type Bins, binOf } from './bins.ts';
import { POINT_LEVELS, type Points } from './sketches.ts';

/**
 * Some numbers and how many are at most each: quantile summaries that merge, after M. Greenwald and S. Khanna,
 * Power-conserving computation of order-statistics over sensor networks (PODS 2004). Merged at once, a count is wrong by at
 * most a `POINT_LEVELS`-th of all numbers.
 */

const NO_POINTS: Points = { values: [], below: [] };

export const totalOf = ({ below }: Points): number => below.at(-1) ?? 0;

/** @param counts different finite numbers and how many there are of each, in any order */
export function pointsOf(counts: readonly (readonly [value: number, count: number])[]): Points {
  const sorted = counts.toSorted(([a], [b]) => a - b);
  let sum = 0;
  return {
    values: sorted.map(([value]) => value),
    below: sorted.map(([, count]) => {
      sum += count;
      return sum;
    }),
  };
}

/** Points of which one in each share is left, besides the last in each bin: histogram and quantiles stay as they were. */
export function thinPoints(points: Points, bins: Bins | undefined): Points {
  const total = totalOf(points);
  const { values, below } = points;
  const level = (index: number): number => levelOf(below[index] ?? 0, total);
  const bin = (index: number): number => (bins ? binOf(bins, values[index] ?? 0) : 0);
  const last = values.length - 1;
  const isKept = (_: number, index: number): boolean =>
    index === 0 || index === last || level(index) !== level(index - 1) || bin(index) !== bin(index + 1);
  return { values: values.filter(isKept), below: below.filter(isKept) };
}

const levelOf = (below: number, total: number): number => Math.floor((below * POINT_LEVELS) / total);

/** About how many numbers are at most this one. */
export function countAtMost(points: Points, value: number): number {
  const { values, below } = points;
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  // The first point is the least number.
  if (low === 0) return 0;
  const from = values[low - 1] ?? 0;
  const counted = below[low - 1] ?? 0;
  const to = values[low];
  const next = below[low];
  if (from === value || to === undefined || next === undefined) return counted;
  const total = totalOf(points);
  // What is more than a share stands at the next point itself.
  const between = Math.min(next, ((levelOf(counted, total) + 1) * total) / POINT_LEVELS) - counted;
  return counted + between * ((value - from) / (to - from));
}

/** The points of all numbers together; thinned, when the bins of all are known. */
export function mergePoints(all: readonly Points[], bins: Bins | undefined): Points {
  const some = all.filter((points) => points.values.length > 0);
  const values = [...new Set(some.flatMap((points) => points.values))].toSorted((a, b) => a - b);
  const merged: { values: number[]; below: number[] } = { values: [], below: [] };
  for (const value of values) {
    const count = Math.round(some.reduce((sum, points) => sum + countAtMost(points, value), 0));
    // Rounding may leave two with one count: the first of them says all.
    if (count <= (merged.below.at(-1) ?? 0)) continue;
    merged.values.push(value);
    merged.below.push(count);
  }
  return merged.values.length === 0 ? NO_POINTS : thinPoints(merged, bins);
}

/** A quantile of all the numbers that points of which none is left out stand for, linear between two of them (as `quantile`). */
export function quantileOfCounts({ values, below }: Points, share: number): number {
  const at = ((below.at(-1) ?? 0) - 1) * share;
  const ranked = (rank: number): number => values[below.findIndex((count) => count > rank)] ?? Number.NaN;
  const [low, high] = [ranked(Math.floor(at)), ranked(Math.ceil(at))];
  const [weight, gap] = [at - Math.floor(at), high - low];
  // Two doubles may be further apart than a double can say.
  return Number.isFinite(gap) ? low + gap * weight : low * (1 - weight) + high * weight;
}

/** The least point that at least `level` of `POINT_LEVELS` shares of the numbers are at most. */
export function quantileAt({ values, below }: Points, level: number): number | undefined {
  const needed = level * (below.at(-1) ?? 0);
  return values[below.findIndex((count) => count * POINT_LEVELS >= needed)];
}
