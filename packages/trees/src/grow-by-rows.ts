import type { BinnedTable } from './bins.ts';
import type { Breath } from './breath.ts';
import type { ForestBuilder } from './forest.ts';
import { dividingBytes, dividingIn, fillWays } from './partition.ts';
import { type RowSplit, type RowTargets, rowSplitter } from './row-splits.ts';
import type { Arena } from './wasm/arena.ts';

export interface RowGrowthOptions {
  readonly trees: number;
  readonly depth: number;
  readonly minRows: number;
  readonly minGain: number;
  readonly columnShareByNode: number;
  readonly isRandom: boolean;
  /** Leaves are numbers of float32, as a model that computes in it has them. */
  readonly isFloat32: boolean;
}

/** The rows of a tree, in the arena as the bins are; the order of both lists changes. */
export interface DrawnRows {
  readonly drawn: Int32Array;
  readonly others: Int32Array;
  /** Of all rows: how much each counts. */
  readonly weights: Float64Array;
  readonly next: () => number;
}

/** A part of the rows of a tree that is to be divided, or to be a leaf: places in both lists. */
interface Part {
  readonly node: number;
  readonly depth: number;
  /** Of the columns in their present order, so many are known not to vary. */
  readonly constants: number;
  readonly from: number;
  readonly to: number;
  readonly fromOther: number;
  readonly toOther: number;
}

/** Up to so many rows are divided where they are: to tell a kernel takes longer. */
const FEW = 64;
/** Rows that are looked at between two looks at the clock. */
const ROWS_BETWEEN = 50_000;

/** Bytes of an arena that `rowGrower` takes. */
export const rowGrowerBytes = dividingBytes;

/**
 * Grows trees depth first, whose leaves are means of their rows' targets, divided by how many trees there are.
 *
 * @returns adds a tree; tells of each leaf the rows that were not drawn and its mean, which is overwritten by the next
 */
export function rowGrower(
  table: BinnedTable,
  targets: RowTargets,
  options: RowGrowthOptions,
  breath: Breath,
  arena: Arena,
) {
  const { trees, depth, minRows, isFloat32 } = options;
  const { outputs } = targets;
  const columnsByNode = Math.max(1, Math.round(options.columnShareByNode * table.width));
  const splitter = rowSplitter(table, targets, { ...options, columnsByNode }, table.rows);
  const { divide, isLeft } = dividingIn(arena, table.rows);
  const columns = Int32Array.from({ length: table.width }, (_, column) => column);
  const mean = new Float64Array(outputs);
  const none = new Uint8Array(0);
  // All leaves of one class alone are the same.
  const pureVectors = new Map<number, number>();
  const share = (value: number): number => (isFloat32 ? Math.fround(value / trees) : value / trees);

  const spare = new Int32Array(FEW);
  const divided = (rows: Int32Array, from: number, to: number, bins: Uint8Array, split: RowSplit): number => {
    if (to - from > FEW) {
      fillWays(isLeft, table, split);
      return divide(rows.subarray(from, to), bins);
    }
    const { set, bin: last, missingLeft } = split;
    const missing = table.counts[split.column] ?? 0;
    let [kept, moved] = [from, 0];
    for (let at = from; at < to; at++) {
      const row = rows[at] ?? 0;
      const bin = bins[row] ?? 0;
      const goesLeft = set
        ? (((set[bin >> 5] ?? 0) >>> (bin & 31)) & 1) === 1
        : bin === missing
          ? missingLeft
          : bin <= last;
      if (goesLeft) rows[kept++] = row;
      else spare[moved++] = row;
    }
    for (let at = 0; at < moved; at++) rows[kept + at] = spare[at] ?? 0;
    return kept - from;
  };

  const finishLeaf = (builder: ForestBuilder, node: number, isPure: boolean): void => {
    if (outputs === 1) {
      builder.setValue(node, share(mean[0] ?? 0));
      return;
    }
    const only = isPure ? mean.findIndex((own) => own > 0) : -1;
    const known = pureVectors.get(only);
    const at = builder.setVector(node, known ?? mean.map(share));
    if (only >= 0) pureVectors.set(only, at);
  };

  return async (
    builder: ForestBuilder,
    { drawn, others, weights, next }: DrawnRows,
    onLeaf: (others: Int32Array, mean: ArrayLike<number>) => void,
  ): Promise<void> => {
    builder.beginTree();
    const partOf = (about: Omit<Part, 'node'>): Part => ({
      ...about,
      node: builder.addLeaf(about.to - about.from, 0),
    });
    let looked = 0;
    const root = { from: 0, to: drawn.length, fromOther: 0, toOther: others.length };
    const open = [partOf({ depth: 0, constants: 0, ...root })];
    for (let part = open.pop(); part; part = open.pop()) {
      const { node, depth: at, from, to, fromOther, toOther } = part;
      looked += to - from;
      if (looked > ROWS_BETWEEN) {
        looked = 0;
        if (breath.isDue()) await breath.take();
      }
      const { weight, sums, isPure } = splitter.total(drawn, from, to, weights);
      builder.setCover(node, weight);
      for (let output = 0; output < outputs; output++) mean[output] = (sums[output] ?? 0) / weight;
      const isLeaf = isPure || to - from < 2 * minRows || at >= depth;
      const found = isLeaf
        ? undefined
        : splitter.find({ rows: drawn, from, to, weights }, columns, part.constants, next);
      if (!found?.split) {
        finishLeaf(builder, node, isPure);
        onLeaf(others.subarray(fromOther, toOther), mean);
        continue;
      }
      const { split, constants } = found;
      const { column, set, missingLeft, gain } = split;
      const bins = table.bins[column] ?? none;
      const middle = from + divided(drawn, from, to, bins, split);
      const middleOther = fromOther + divided(others, fromOther, toOther, bins, split);
      builder.split(node, {
        feature: column,
        // All that is not missing goes left where the last bin does.
        threshold: set ? 0 : (table.thresholds[column]?.[split.bin] ?? Number.POSITIVE_INFINITY),
        ...{ set, missingLeft, gain },
      });
      const left = partOf({ depth: at + 1, constants, from, to: middle, fromOther, toOther: middleOther });
      const right = partOf({ depth: at + 1, constants, from: middle, to, fromOther: middleOther, toOther });
      builder.connect(node, left.node, right.node);
      open.push(right, left);
    }
  };
}
