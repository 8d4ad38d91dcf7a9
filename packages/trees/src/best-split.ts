import type { BinnedTable } from './bins.ts';
import { type Bounds, type Constraints, UNBOUND } from './constraints.ts';
import { missingAsUnknown, setWords } from './forest.ts';
import { type Histograms, PER_BIN } from './histograms.ts';
import type { Slopes, Sums } from './slopes.ts';
import type { Arena } from './wasm/arena.ts';
import { PAIR_BYTES, SEARCH } from './wasm/kernels.ts';

/** What a split must do to be one. */
export interface SplitLimits {
  readonly minRows: number;
  readonly minWeight: number;
  readonly minGain: number;
  readonly l1: number;
  readonly l2: number;
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

/** Finds the best split of the leaf of a slot, of equal ones the first. @returns undefined where none is allowed or lowers the loss */
export type FindSplit = (slot: number, columns: Int32Array, sums: Sums, bounds: Bounds) => Split | undefined;

/** Numbers are searched by a kernel, which leaves the best split so far in its memory; categories here, in the same place. */
export function splitFinder(
  { counts, isCategory }: Pick<BinnedTable, 'counts' | 'isCategory'>,
  histograms: Histograms,
  slopes: Slopes,
  limits: SplitLimits & Pick<Constraints, 'monotone'>,
  arena: Arena,
): FindSplit {
  const { view } = arena;
  const search = arena.kernel('search');
  const order = new Int32Array(256);
  const keys = new Float64Array(256);
  const { minRows, minWeight, minGain, l1, l2, monotone } = limits;
  const ofSets = { l1, l2: l2 + CATEGORY_L2 };
  const left = { slope: 0, curvature: 0, rows: 0 };
  const right = { slope: 0, curvature: 0, rows: 0 };
  // Of the best split that is not the kernel's: the sums of its left part, and its set.
  let leftOfOwn: Sums = left;
  let set: Uint32Array | undefined;
  view.setBigInt64(SEARCH.minRows, BigInt(minRows), true);
  for (const [name, value] of Object.entries({ minWeight, minGain, l1, l2 }) as [
    keyof typeof SEARCH,
    number,
  ][])
    view.setFloat64(SEARCH[name], value, true);

  /** Fisher (1958): of all sets, the best is a beginning of the categories in the order of their means. */
  const orderCategories = (histogram: Float64Array, column: number): number => {
    const count = counts[column] ?? 0;
    let present = 0;
    for (let bin = 0; bin <= count; bin++) {
      const place = PER_BIN * bin;
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

  /** By how much more than its leaf a split lowers the loss, if that is more than `best` and allowed; else 0. */
  const gainOf = (
    sums: Sums,
    parent: number,
    strength: Strength,
    bounds: Bounds,
    way: number,
    best: number,
  ): number => {
    right.slope = sums.slope - left.slope;
    right.curvature = sums.curvature - left.curvature;
    right.rows = sums.rows - left.rows;
    if (left.rows < minRows || right.rows < minRows) return 0;
    if (left.curvature < minWeight || right.curvature < minWeight) return 0;
    if (way !== 0) {
      const rise = stepWithin(right, strength, bounds) - stepWithin(left, strength, bounds);
      if (rise * way < 0) return 0;
    }
    const term = termWithin(left, strength, bounds) + termWithin(right, strength, bounds);
    const gain = term - parent;
    return gain > best && gain > ROUNDING * term ? gain : 0;
  };

  /** What the kernel does, where predictions may only rise or fall with a column, or leaves are bound by one. */
  const tryNumbers = (histogram: Float64Array, column: number, sums: Sums, bounds: Bounds): void => {
    const count = counts[column] ?? 0;
    const parent = termWithin(sums, limits, bounds);
    const missing = PER_BIN * count;
    const missingRows = histogram[missing + 2] ?? 0;
    let best = Math.max(minGain, view.getFloat64(SEARCH.gain, true));
    for (const withMissing of missingRows > 0 ? [0, 1] : [0]) {
      [left.slope, left.curvature, left.rows] = [0, 0, 0];
      if (withMissing) addTo(left, histogram, missing);
      for (let bin = 0; bin < count; bin++) {
        if (histogram[PER_BIN * bin + 2] === 0) continue;
        addTo(left, histogram, PER_BIN * bin);
        if (left.rows === sums.rows) break;
        const gain = gainOf(sums, parent, limits, bounds, monotone?.[column] ?? 0, best);
        if (gain === 0) continue;
        best = gain;
        leftOfOwn = { ...left };
        view.setFloat64(SEARCH.gain, gain, true);
        view.setInt32(SEARCH.column, column, true);
        view.setInt32(SEARCH.bin, bin, true);
        view.setInt32(SEARCH.missingLeft, withMissing, true);
      }
    }
  };

  /** Sets of the lowest ones and of the highest ones: what has fewer rows than a leaf must have is in none, and goes with the rest. */
  const tryCategories = (histogram: Float64Array, column: number, sums: Sums, bounds: Bounds): void => {
    const present = orderCategories(histogram, column);
    const most = Math.min(MAX_SET, (present + 1) >> 1);
    const parent = termWithin(sums, ofSets, bounds);
    let best = Math.max(minGain, view.getFloat64(SEARCH.gain, true));
    let [found, isFromHighest] = [-1, false];
    for (const isHighest of [false, true]) {
      [left.slope, left.curvature, left.rows] = [0, 0, 0];
      for (let of = 0; of < most; of++) {
        addTo(left, histogram, PER_BIN * (order[isHighest ? present - 1 - of : of] ?? 0));
        const gain = gainOf(sums, parent, ofSets, bounds, 0, best);
        if (gain === 0) continue;
        [best, found, isFromHighest] = [gain, of, isHighest];
        leftOfOwn = { ...left };
      }
    }
    if (found < 0) return;
    set = new Uint32Array(setWords(counts[column] ?? 0));
    for (let of = 0; of <= found; of++) {
      const bin = order[isFromHighest ? present - 1 - of : of] ?? 0;
      set[bin >> 5] = (set[bin >> 5] ?? 0) | (1 << (bin & 31));
    }
    missingAsUnknown(set, counts[column] ?? 0);
    view.setFloat64(SEARCH.gain, best, true);
    view.setInt32(SEARCH.column, column, true);
  };

  return (slot, columns, sums, bounds) => {
    slopes.write(SEARCH.total, sums);
    view.setFloat64(SEARCH.parent, termWithin(sums, limits, bounds), true);
    view.setFloat64(SEARCH.gain, 0, true);
    view.setInt32(SEARCH.column, -1, true);
    for (let at = 0; at < columns.length; at++) {
      const column = columns[at] ?? 0;
      if (isCategory[column]) tryCategories(histograms.widened(slot, column), column, sums, bounds);
      else if (monotone) tryNumbers(histograms.widened(slot, column), column, sums, bounds);
      else search(histograms.addressOf(slot, column), counts[column] ?? 0, column);
    }
    const column = view.getInt32(SEARCH.column, true);
    if (column < 0) return undefined;
    const isSet = isCategory[column] === 1;
    const own = isSet || monotone ? leftOfOwn : slopes.sumsAt(SEARCH.left);
    const hasMissing =
      !isSet &&
      slopes.sumsAt(histograms.addressOf(slot, column) + PAIR_BYTES * (counts[column] ?? 0)).rows > 0;
    return {
      column,
      bin: view.getInt32(SEARCH.bin, true),
      gain: view.getFloat64(SEARCH.gain, true),
      set: isSet ? set : undefined,
      // What training did not see here goes where most rows went; of categories a missing one is in the set or not.
      missingLeft:
        !isSet && (hasMissing ? view.getInt32(SEARCH.missingLeft, true) === 1 : 2 * own.rows > sums.rows),
      left: own,
      right: {
        slope: sums.slope - own.slope,
        curvature: sums.curvature - own.curvature,
        rows: sums.rows - own.rows,
      },
    };
  };
}

/** What leaves are held back by. */
export type Strength = Pick<SplitLimits, 'l1' | 'l2'>;

/** A step of Newton's, as long as it may be. */
export function stepWithin({ slope, curvature }: Sums, { l1, l2 }: Strength, { low, high }: Bounds): number {
  const denominator = curvature + l2;
  const beyond = Math.sign(slope) * Math.max(0, Math.abs(slope) - l1);
  return Math.min(high, Math.max(low, denominator > 0 ? -beyond / denominator : 0));
}

/** Twice by how much that step lowers the loss. */
function termWithin(sums: Sums, { l1, l2 }: Strength, bounds: Bounds): number {
  const { slope, curvature } = sums;
  const denominator = curvature + l2;
  if (bounds === UNBOUND) {
    const beyond = Math.max(0, Math.abs(slope) - l1);
    return denominator > 0 ? (beyond * beyond) / denominator : 0;
  }
  const step = stepWithin(sums, { l1, l2 }, bounds);
  return -2 * slope * step - denominator * step * step - 2 * l1 * Math.abs(step);
}

interface Adding {
  slope: number;
  curvature: number;
  rows: number;
}

function addTo(sums: Adding, histogram: Float64Array, place: number): void {
  sums.slope += histogram[place] ?? 0;
  sums.curvature += histogram[place + 1] ?? 0;
  sums.rows += histogram[place + 2] ?? 0;
}
