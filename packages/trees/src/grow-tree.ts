import { type FindSplit, type Split, type SplitLimits, splitFinder, stepWithin } from './best-split.ts';
import type { BinnedTable } from './bins.ts';
import type { Breath } from './breath.ts';
import { type Bounds, type Constraints, columnsOf, UNBOUND } from './constraints.ts';
import type { ForestBuilder } from './forest.ts';
import { type Histograms, histogramBytes, histogramsFor } from './histograms.ts';
import { dividingBytes, dividingIn, fillWays } from './partition.ts';
import { drawFirst, randomIntegers } from './random.ts';
import type { Slopes, Sums } from './slopes.ts';
import type { Arena } from './wasm/arena.ts';
import { SEARCH } from './wasm/kernels.ts';

export interface GrowthOptions extends SplitLimits, Constraints {
  readonly leaves: number;
  readonly depth: number;
  readonly learningRate: number;
  readonly histogramBytes: number;
  readonly columnShareByNode: number;
  readonly seed: number;
  /** What becomes of a step of Newton's. */
  readonly shorten?: ((step: number) => number) | undefined;
  /** Leaves are numbers of float32, as a model that computes in it has them. */
  readonly isFloat32: boolean;
}

/** Rows and columns that a tree may look at. */
export interface Drawn {
  /** Those that are added up come first, `fitted` of them; each row once. The order of both parts changes. */
  readonly rows: Int32Array;
  readonly fitted: number;
  readonly columns: Int32Array;
}

interface Leaf {
  readonly node: number;
  readonly depth: number;
  readonly fitted: Int32Array;
  /** Rows that were not drawn, which get their scores all the same. */
  readonly others: Int32Array;
  readonly sums: Sums;
  readonly bounds: Bounds;
  /** The groups of columns that all that was asked on the way to it are of. */
  readonly groups: Constraints['interactions'];
  readonly slot: number;
  readonly split: Split | undefined;
}

/** Grows trees on one table, with memory that is made once. */
export interface Grower {
  /**
   * Adds a tree, always splitting the leaf that gains most, and what its leaves are to the scores of their rows.
   *
   * @param drawn lists of rows in the arena, as scores are
   * @param stepOf of a leaf's rows the whole step, where it is not Newton's
   * @returns how many leaves it has
   */
  grow(
    forest: ForestBuilder,
    drawn: Drawn,
    scores: Float64Array,
    stepOf?: (rows: Int32Array) => number,
  ): Promise<number>;
}

/** Bytes of an arena that `growerFor` takes. */
export const growerBytes = (table: BinnedTable, { leaves, histogramBytes: most }: GrowthOptions): number =>
  histogramBytes(table, leaves, most) + dividingBytes(table.rows);

/** @param slopes of each row, quantised before each tree */
export function growerFor(
  table: BinnedTable,
  slopes: Slopes,
  options: GrowthOptions,
  breath: Breath,
  arena: Arena,
): Grower {
  const histograms = histogramsFor(table, slopes, options.leaves, options.histogramBytes, arena);
  const find = ofDrawnColumns(splitFinder(table, histograms, slopes, options, arena), options);
  const { divide, isLeft } = dividingIn(arena, table.rows);
  const addScore = arena.kernel('score');

  const leafOf = (forest: ForestBuilder, parts: Omit<Leaf, 'node' | 'split'>): Leaf => ({
    ...parts,
    node: forest.addLeaf(parts.sums.rows, parts.sums.curvature),
    split: undefined,
  });

  return {
    async grow(forest, { rows, fitted, columns }, scores, stepOf) {
      forest.beginTree();
      const all = rows.subarray(0, fitted);
      const root = leafOf(forest, {
        depth: 0,
        fitted: all,
        others: rows.subarray(fitted),
        sums: slopes.sumOf(all),
        bounds: UNBOUND,
        groups: options.interactions,
        slot: 0,
      });
      const leaves = [root];
      const look = lookFor(histograms, find, columns, breath, options);
      leaves[0] = await look.alone(root);
      while (leaves.length < options.leaves) {
        const at = mostGaining(leaves);
        const leaf = leaves[at];
        if (!leaf?.split) break;
        const { split } = leaf;
        const bins = table.bins[split.column] ?? new Uint8Array(0);
        fillWays(isLeft, table, split);
        const [middle, middleOfOthers] = [divide(leaf.fitted, bins), divide(leaf.others, bins)];
        forest.split(leaf.node, {
          feature: split.column,
          // All that is not missing goes left where the last bin does.
          threshold: split.set
            ? 0
            : (table.thresholds[split.column]?.[split.bin] ?? Number.POSITIVE_INFINITY),
          set: split.set,
          missingLeft: split.missingLeft,
          gain: split.gain,
        });
        const about = {
          depth: leaf.depth + 1,
          groups: leaf.groups?.filter((group) => group.includes(split.column)),
        };
        const child = (sums: Sums, slot: number, from: number, to: number | undefined, isFirst: boolean) =>
          leafOf(forest, {
            ...about,
            bounds: boundsOf(leaf.bounds, split, isFirst, options),
            fitted: leaf.fitted.subarray(from, to),
            others: isFirst ? leaf.others.subarray(0, middleOfOthers) : leaf.others.subarray(middleOfOthers),
            sums,
            slot,
          });
        // The larger child takes the parent's histogram over, less that of the smaller.
        const isLeftSmaller = split.left.rows <= split.right.rows;
        const slot = leaves.length;
        const left = child(split.left, isLeftSmaller ? slot : leaf.slot, 0, middle, true);
        const right = child(split.right, isLeftSmaller ? leaf.slot : slot, middle, undefined, false);
        forest.connect(leaf.node, left.node, right.node);
        leaves.push(right);
        leaves[at] = left;
        if (leaves.length === options.leaves) break;
        const [small, large] = isLeftSmaller ? [left, right] : [right, left];
        const looked = await look.both(small, large);
        leaves[at] = isLeftSmaller ? looked.small : looked.large;
        leaves[leaves.length - 1] = isLeftSmaller ? looked.large : looked.small;
      }
      for (const leaf of leaves) {
        const value = leafValue(leaf, options, stepOf);
        forest.setValue(leaf.node, value);
        arena.view.setFloat64(SEARCH.largest, value, true);
        for (const part of [leaf.fitted, leaf.others])
          addScore(part.byteOffset, part.length, scores.byteOffset);
      }
      return leaves.length;
    },
  };
}

/** Looks at some columns only, which each split draws. */
function ofDrawnColumns(find: FindSplit, { columnShareByNode, seed }: GrowthOptions): FindSplit {
  if (columnShareByNode === 1) return find;
  const next = randomIntegers(seed + 2);
  return (slot, columns, sums, bounds) => {
    const asked = Math.max(1, Math.round(columnShareByNode * columns.length));
    const drawn = columns.slice();
    drawFirst(drawn, asked, next);
    return find(slot, drawn.subarray(0, asked).sort(), sums, bounds);
  };
}

/** Adds leaves up and looks for their splits, no more than is needed. */
function lookFor(
  histograms: Histograms,
  find: FindSplit,
  columns: Int32Array,
  breath: Breath,
  { minRows, minWeight, depth }: GrowthOptions,
) {
  const isHopeless = ({ sums, depth: at }: Leaf): boolean =>
    at >= depth || sums.rows < 2 * minRows || sums.curvature < 2 * minWeight;
  const found = (leaf: Leaf, slot: number): Leaf => {
    if (isHopeless(leaf)) return leaf;
    const allowed = leaf.groups ? columnsOf(leaf.groups, columns) : columns;
    return { ...leaf, split: find(slot, allowed, leaf.sums, leaf.bounds) };
  };
  const alone = async (leaf: Leaf): Promise<Leaf> => {
    if (isHopeless(leaf)) return leaf;
    const slot = histograms.areKept ? leaf.slot : 0;
    await histograms.build(slot, columns, leaf.fitted, breath);
    return found(leaf, slot);
  };
  return {
    alone,
    async both(small: Leaf, large: Leaf): Promise<{ readonly small: Leaf; readonly large: Leaf }> {
      if (!histograms.areKept) return { small: await alone(small), large: await alone(large) };
      if (isHopeless(large) && isHopeless(small)) return { small, large };
      await histograms.build(small.slot, columns, small.fitted, breath);
      if (!isHopeless(large)) histograms.subtract(large.slot, small.slot);
      return { small: found(small, small.slot), large: found(large, large.slot) };
    },
  };
}

function mostGaining(leaves: readonly Leaf[]): number {
  let [best, gain] = [-1, 0];
  for (let at = 0; at < leaves.length; at++) {
    const own = leaves[at]?.split?.gain ?? 0;
    if (own > gain) [best, gain] = [at, own];
  }
  return best;
}

/** Of a split by a column that predictions rise with, what lies below is at most, and what lies above at least, half-way. */
function boundsOf(bounds: Bounds, split: Split, isLeft: boolean, options: GrowthOptions): Bounds {
  const way = options.monotone?.[split.column] ?? 0;
  if (way === 0) return bounds;
  const [left, right] = [stepWithin(split.left, options, bounds), stepWithin(split.right, options, bounds)];
  const middle = (left + right) / 2;
  return isLeft === way > 0 ? { ...bounds, high: middle } : { ...bounds, low: middle };
}

/** A leaf's step, shortened. */
function leafValue(
  { fitted, sums, bounds }: Leaf,
  options: GrowthOptions,
  stepOf: ((rows: Int32Array) => number) | undefined,
): number {
  const step = stepOf
    ? Math.min(bounds.high, Math.max(bounds.low, stepOf(fitted)))
    : stepWithin(sums, options, bounds);
  const value = options.learningRate * (!stepOf && options.shorten ? options.shorten(step) : step);
  return options.isFloat32 ? Math.fround(value) : value;
}
