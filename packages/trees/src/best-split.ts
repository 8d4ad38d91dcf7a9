import type { BinnedTable } from './bins.ts';
import { setWords } from './forest.ts';
import { type Histograms, PER_BIN } from './histograms.ts';

/** What a split must do to be one. */
export interface SplitLimits {
  readonly minRows: number;
  readonly minWeight: number;
  readonly minGain: number;
  readonly l2: number;
}

/** Sums over rows. */
export interface Sums {
  readonly slope: number;
  readonly curvature: number;
  readonly rows: number;
}

/** The best way to divide the rows of a leaf. */
export interface Split {
  readonly column: number;
  /** The last bin that goes left; of categories the last one in their order. */
  readonly bin: number;
  /** The bins of categories that go left. */
  readonly set: Uint32Array | undefined;
  readonly missingLeft: boolean;
  readonly gain: number;
  readonly left: Sums;
  readonly right: Sums;
}

/** Less than this share of what it is the difference of is a gain that rounding made. */
const ROUNDING = 1e-12;
/** Categories are ordered by their slope over their curvature and this, so that rare ones lie in the middle. */
const CATEGORY_SMOOTHING = 10;
/** As many categories as a set has at most. */
const MAX_SET = 64;
/** What is added to L2 for sets of categories: there are so many that some look good by chance (as in LightGBM). */
const CATEGORY_L2 = 10;

/** Finds the best split of a leaf, of equal ones the first. @returns undefined where none is allowed or lowers the loss */
export type FindSplit = (histogram: Float64Array, columns: Int32Array, sums: Sums) => Split | undefined;

export function splitFinder(
  { counts, isCategory }: Pick<BinnedTable, 'counts' | 'isCategory'>,
  { offsets }: Pick<Histograms, 'offsets'>,
  limits: SplitLimits,
): FindSplit {
  // What is tried is compared here; what is best is kept in these, and becomes an object once a leaf.
  const left = { slope: 0, curvature: 0, rows: 0 };
  // At a bin there are two ways: with and without the missing ones; the lowest and the highest categories.
  const best = { column: -1, bin: 0, isSecond: false, gain: 0, slope: 0, curvature: 0, rows: 0 };
  const order = new Int32Array(256);
  const keys = new Float64Array(256);
  const { minRows, minWeight, minGain } = limits;

  const tryIt = (sums: Sums, l2: number, column: number, bin: number, isSecond: boolean): void => {
    const rightRows = sums.rows - left.rows;
    const rightCurvature = sums.curvature - left.curvature;
    if (left.rows < minRows || rightRows < minRows) return;
    if (left.curvature < minWeight || rightCurvature < minWeight) return;
    const term = termOf(left.slope, left.curvature, l2) + termOf(sums.slope - left.slope, rightCurvature, l2);
    const gain = term - termOf(sums.slope, sums.curvature, l2);
    if (!(gain > best.gain && gain > minGain && gain > ROUNDING * term)) return;
    best.gain = gain;
    best.column = column;
    best.bin = bin;
    best.isSecond = isSecond;
    best.slope = left.slope;
    best.curvature = left.curvature;
    best.rows = left.rows;
  };

  const tryNumbers = (histogram: Float64Array, column: number, sums: Sums): void => {
    const at = PER_BIN * (offsets[column] ?? 0);
    const count = counts[column] ?? 0;
    const missing = at + PER_BIN * count;
    const missingRows = histogram[missing + 2] ?? 0;
    let [slope, curvature, rows] = [0, 0, 0];
    for (let bin = 0; bin < count; bin++) {
      const place = at + PER_BIN * bin;
      const inBin = histogram[place + 2] ?? 0;
      if (inBin === 0) continue;
      slope += histogram[place] ?? 0;
      curvature += histogram[place + 1] ?? 0;
      rows += inBin;
      if (rows === sums.rows) break;
      left.slope = slope;
      left.curvature = curvature;
      left.rows = rows;
      tryIt(sums, limits.l2, column, bin, false);
      if (missingRows === 0 || rows + missingRows === sums.rows) continue;
      left.slope = slope + (histogram[missing] ?? 0);
      left.curvature = curvature + (histogram[missing + 1] ?? 0);
      left.rows = rows + missingRows;
      tryIt(sums, limits.l2, column, bin, true);
    }
  };

  /** Fisher (1958): of all sets, the best is a beginning of the categories in the order of their means. */
  const orderCategories = (histogram: Float64Array, column: number): number => {
    const at = PER_BIN * (offsets[column] ?? 0);
    const count = counts[column] ?? 0;
    let present = 0;
    for (let bin = 0; bin <= count; bin++) {
      const place = at + PER_BIN * bin;
      if ((histogram[place + 2] ?? 0) < minRows) continue;
      const key = (histogram[place] ?? 0) / ((histogram[place + 1] ?? 0) + CATEGORY_SMOOTHING);
      let to = present++;
      for (; to > 0 && (keys[to - 1] ?? 0) > key; to--) {
        keys[to] = keys[to - 1] ?? 0;
        order[to] = order[to - 1] ?? 0;
      }
      keys[to] = key;
      order[to] = bin;
    }
    return present;
  };

  /** Sets of the lowest ones and of the highest ones: what has fewer rows than a leaf must have is in none, and goes with the rest. */
  const tryCategories = (histogram: Float64Array, column: number, sums: Sums): void => {
    const at = PER_BIN * (offsets[column] ?? 0);
    const present = orderCategories(histogram, column);
    const most = Math.min(MAX_SET, (present + 1) >> 1);
    for (let isHighest = 0; isHighest < 2; isHighest++) {
      left.slope = 0;
      left.curvature = 0;
      left.rows = 0;
      for (let of = 0; of < most; of++) {
        const place = at + PER_BIN * (order[isHighest ? present - 1 - of : of] ?? 0);
        left.slope += histogram[place] ?? 0;
        left.curvature += histogram[place + 1] ?? 0;
        left.rows += histogram[place + 2] ?? 0;
        tryIt(sums, limits.l2 + CATEGORY_L2, column, of, isHighest === 1);
      }
    }
  };

  const setOf = (histogram: Float64Array, column: number, last: number, isHighest: boolean) => {
    const set = new Uint32Array(setWords(counts[column] ?? 0));
    const present = orderCategories(histogram, column);
    for (let of = 0; of <= last; of++) {
      const bin = order[isHighest ? present - 1 - of : of] ?? 0;
      set[bin >> 5] = (set[bin >> 5] ?? 0) | (1 << (bin & 31));
    }
    return set;
  };

  return (histogram, columns, sums) => {
    best.column = -1;
    best.gain = 0;
    for (let at = 0; at < columns.length; at++) {
      const column = columns[at] ?? 0;
      if (isCategory[column]) tryCategories(histogram, column, sums);
      else tryNumbers(histogram, column, sums);
    }
    const { column, bin, gain, slope, curvature, rows } = best;
    if (column < 0) return undefined;
    const isLeftLarger = 2 * rows > sums.rows;
    const missing = PER_BIN * ((offsets[column] ?? 0) + (counts[column] ?? 0)) + 2;
    return {
      column,
      bin,
      gain,
      set: isCategory[column] ? setOf(histogram, column, bin, best.isSecond) : undefined,
      // What training did not see here goes where most rows went; of categories a missing one is in the set or not.
      missingLeft: !isCategory[column] && ((histogram[missing] ?? 0) > 0 ? best.isSecond : isLeftLarger),
      left: { slope, curvature, rows },
      right: {
        slope: sums.slope - slope,
        curvature: sums.curvature - curvature,
        rows: sums.rows - rows,
      },
    };
  };
}

function termOf(slope: number, curvature: number, l2: number): number {
  const denominator = curvature + l2;
  return denominator > 0 ? (slope * slope) / denominator : 0;
}
