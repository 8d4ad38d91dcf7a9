import { type FindSplit, type Split, type SplitLimits, type Sums, splitFinder } from './best-split.ts';
import type { BinnedTable } from './bins.ts';
import type { Breath } from './breath.ts';
import type { ForestBuilder } from './forest.ts';
import { type Histograms, histogramsFor } from './histograms.ts';
import { dividing, fillWays, waysLeft } from './partition.ts';
import { drawFirst, randomIntegers } from './random.ts';

export interface GrowthOptions extends SplitLimits {
  readonly leaves: number;
  readonly depth: number;
  readonly learningRate: number;
  readonly histogramBytes: number;
  readonly columnShareByNode: number;
  readonly seed: number;
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
  readonly slot: number;
  readonly split: Split | undefined;
}

/** Grows trees on one table, with memory that is made once. */
export interface Grower {
  /**
   * Adds a tree, always splitting the leaf that gains most, and what its leaves are to the scores of their rows.
   *
   * @param slopes of each row: slope and curvature, on a grid (`gridFor`)
   * @returns how many leaves it has
   */
  grow(forest: ForestBuilder, slopes: Float64Array, drawn: Drawn, scores: Float64Array): Promise<number>;
}

export function growerFor(table: BinnedTable, options: GrowthOptions, breath: Breath): Grower {
  const histograms = histogramsFor(table, options.leaves, options.histogramBytes);
  const find = ofDrawnColumns(splitFinder(table, histograms, options), options);
  const divide = dividing(table.rows);
  const isLeft = waysLeft();

  const leafOf = (
    forest: ForestBuilder,
    parts: Pick<Leaf, 'depth' | 'fitted' | 'others' | 'sums' | 'slot'>,
  ): Leaf => ({
    ...parts,
    node: forest.addLeaf(parts.sums.rows, parts.sums.curvature),
    split: undefined,
  });

  return {
    async grow(forest, slopes, { rows, fitted, columns }, scores) {
      forest.beginTree();
      const all = rows.subarray(0, fitted);
      const root = leafOf(forest, {
        depth: 0,
        fitted: all,
        others: rows.subarray(fitted),
        sums: sumsOf(all, slopes),
        slot: 0,
      });
      const leaves = [root];
      const look = lookFor(histograms, find, columns, slopes, breath, options);
      leaves[0] = await look.alone(root);
      while (leaves.length < options.leaves) {
        const at = mostGaining(leaves);
        const leaf = leaves[at];
        if (!leaf?.split) break;
        const { split } = leaf;
        const bins = table.bins[split.column] ?? new Uint8Array(0);
        fillWays(isLeft, table, split);
        const [middle, middleOfOthers] = [
          divide(leaf.fitted, bins, isLeft),
          divide(leaf.others, bins, isLeft),
        ];
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
        const child = (sums: Sums, slot: number, from: number, to: number | undefined, isFirst: boolean) =>
          leafOf(forest, {
            depth: leaf.depth + 1,
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
        const value = leafValue(leaf.sums, options);
        forest.setValue(leaf.node, value);
        for (const part of [leaf.fitted, leaf.others])
          for (let at = 0; at < part.length; at++) {
            const row = part[at] ?? 0;
            scores[row] = (scores[row] ?? 0) + value;
          }
      }
      return leaves.length;
    },
  };
}

/** Looks at some columns only, which each split draws. */
function ofDrawnColumns(find: FindSplit, { columnShareByNode, seed }: GrowthOptions): FindSplit {
  if (columnShareByNode === 1) return find;
  const next = randomIntegers(seed + 2);
  return (histogram, columns, sums) => {
    const asked = Math.max(1, Math.round(columnShareByNode * columns.length));
    const drawn = columns.slice();
    drawFirst(drawn, asked, next);
    return find(histogram, drawn.subarray(0, asked).sort(), sums);
  };
}

/** Adds leaves up and looks for their splits, no more than is needed. */
function lookFor(
  histograms: Histograms,
  find: FindSplit,
  columns: Int32Array,
  slopes: Float64Array,
  breath: Breath,
  { minRows, minWeight, depth }: GrowthOptions,
) {
  const isHopeless = ({ sums, depth: at }: Leaf): boolean =>
    at >= depth || sums.rows < 2 * minRows || sums.curvature < 2 * minWeight;
  const build = (into: Float64Array, leaf: Leaf) =>
    histograms.build(into, columns, leaf.fitted, slopes, breath);
  const found = (leaf: Leaf, histogram: Float64Array): Leaf =>
    isHopeless(leaf) ? leaf : { ...leaf, split: find(histogram, columns, leaf.sums) };
  const alone = async (leaf: Leaf): Promise<Leaf> => {
    if (isHopeless(leaf)) return leaf;
    const histogram = histograms.slot(histograms.areKept ? leaf.slot : 0);
    await build(histogram, leaf);
    return found(leaf, histogram);
  };
  return {
    alone,
    async both(small: Leaf, large: Leaf): Promise<{ readonly small: Leaf; readonly large: Leaf }> {
      if (!histograms.areKept) return { small: await alone(small), large: await alone(large) };
      if (isHopeless(large) && isHopeless(small)) return { small, large };
      const [ofSmall, ofLarge] = [histograms.slot(small.slot), histograms.slot(large.slot)];
      await build(ofSmall, small);
      histograms.subtract(ofLarge, ofSmall, columns);
      return { small: found(small, ofSmall), large: found(large, ofLarge) };
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

function sumsOf(rows: Int32Array, slopes: Float64Array): Sums {
  let [slope, curvature] = [0, 0];
  for (let at = 0; at < rows.length; at++) {
    const place = 2 * (rows[at] ?? 0);
    slope += slopes[place] ?? 0;
    curvature += slopes[place + 1] ?? 0;
  }
  return { slope, curvature, rows: rows.length };
}

/** One step of Newton's, shortened. */
function leafValue({ slope, curvature }: Sums, { l2, learningRate, isFloat32 }: GrowthOptions): number {
  const denominator = curvature + l2;
  const value = denominator > 0 ? (-learningRate * slope) / denominator : 0;
  return isFloat32 ? Math.fround(value) : value;
}
