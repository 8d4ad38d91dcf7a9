import type { BinnedTable } from './bins.ts';
import type { Breath } from './breath.ts';
import type { ForestBuilder } from './forest.ts';
import { dividingBytes, dividingIn, fillWays } from './partition.ts';
import { type RowTargets, rowSplitter } from './row-splits.ts';
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

/** A part of the rows of a tree that is to be divided, or to be a leaf. */
interface Part {
  readonly node: number;
  readonly depth: number;
  /** Of the columns in their present order, so many are known not to vary. */
  readonly constants: number;
  readonly drawn: Int32Array;
  readonly others: Int32Array;
}

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
    const partOf = (parts: Omit<Part, 'node'>): Part => {
      const node = builder.addLeaf(parts.drawn.length, 0);
      return { ...parts, node };
    };
    let looked = 0;
    const open = [partOf({ depth: 0, constants: 0, drawn, others })];
    for (let part = open.pop(); part; part = open.pop()) {
      const rows = part.drawn;
      looked += rows.length;
      if (looked > ROWS_BETWEEN) {
        looked = 0;
        if (breath.isDue()) await breath.take();
      }
      const { weight, sums, isPure } = splitter.total(rows, weights);
      builder.setCover(part.node, weight);
      for (let output = 0; output < outputs; output++) mean[output] = (sums[output] ?? 0) / weight;
      const isLeaf = isPure || rows.length < 2 * minRows || part.depth >= depth;
      const found = isLeaf ? undefined : splitter.find(rows, weights, columns, part.constants, next);
      if (!found?.split) {
        finishLeaf(builder, part.node, isPure);
        onLeaf(part.others, mean);
        continue;
      }
      const { split, constants } = found;
      const { column, set, missingLeft, gain } = split;
      const bins = table.bins[column] ?? none;
      fillWays(isLeft, table, split);
      const [middle, ofOthers] = [divide(rows, bins), divide(part.others, bins)];
      builder.split(part.node, {
        feature: column,
        // All that is not missing goes left where the last bin does.
        threshold: set ? 0 : (table.thresholds[column]?.[split.bin] ?? Number.POSITIVE_INFINITY),
        ...{ set, missingLeft, gain },
      });
      const about = { depth: part.depth + 1, constants };
      const left = partOf({
        ...about,
        drawn: rows.subarray(0, middle),
        others: part.others.subarray(0, ofOthers),
      });
      const right = partOf({
        ...about,
        drawn: rows.subarray(middle),
        others: part.others.subarray(ofOthers),
      });
      builder.connect(part.node, left.node, right.node);
      open.push(right, left);
    }
  };
}
