import type { Breath } from './breath.ts';
import { drawFirst, randomIntegers } from './random.ts';
import { checkTable, readColumn, type TreeTable } from './table.ts';
import { type Arena, rounded } from './wasm/arena.ts';

/** Rows from which the bins of a column are learnt; of more, so many are drawn. */
const SAMPLED_ROWS = 200_000;

/** A table in which each value is the number of its bin. */
export interface BinnedTable {
  readonly rows: number;
  readonly width: number;
  /** Column by column, one byte a row. A column's missing values have the bin behind its last one. */
  readonly bins: readonly Uint8Array[];
  /** How many bins a column has, without that of missing values. */
  readonly counts: Int32Array;
  /** Of a column of numbers: bin b holds those up to and with `thresholds[b]`; the last has no end. Of categories: none. */
  readonly thresholds: readonly Float64Array[];
  readonly isCategory: Uint8Array;
}

/** @throws TRS_TREES_SHAPE, TRS_TREES_INFINITE, TRS_TREES_CATEGORIES */
export async function binTable(
  table: TreeTable,
  most: number,
  seed: number,
  breath: Breath,
): Promise<BinnedTable> {
  checkTable(table);
  const { rows, width, matrix, categories } = table;
  const isFloat32 = matrix instanceof Float32Array;
  const sampled = sampledRows(rows, seed);
  const counts = new Int32Array(width);
  const isCategory = Uint8Array.from({ length: width }, (_, column) =>
    Number((categories?.[column] ?? 0) > 0),
  );
  const bins: Uint8Array[] = [];
  const thresholds: Float64Array[] = [];
  const values = new Float64Array(rows);
  for (let column = 0; column < width; column++) {
    if (breath.isDue()) await breath.take();
    readColumn(table, column, values);
    const edges = isCategory[column]
      ? new Float64Array(0)
      : thresholdsOf(sampled ? sampled.map((row) => values[row] ?? 0) : values, most, isFloat32);
    const count = isCategory[column] ? (categories?.[column] ?? 0) : edges.length + 1;
    counts[column] = count;
    thresholds.push(edges);
    bins.push(isCategory[column] ? placesOf(values, count) : binsOf(values, edges));
  }
  return { rows, width, bins, counts, thresholds, isCategory };
}

/** Bytes of an arena that `tableIn` takes. */
export const tableBytes = ({ rows, width }: Pick<BinnedTable, 'rows' | 'width'>): number =>
  width * rounded(rows);

/** The same table with its bins where kernels see them. */
export const tableIn = (arena: Arena, table: BinnedTable): BinnedTable => ({
  ...table,
  bins: table.bins.map((own) => {
    const bins = arena.bytes(own.length);
    bins.set(own);
    return bins;
  }),
});

function sampledRows(rows: number, seed: number): Float64Array | undefined {
  if (rows <= SAMPLED_ROWS) return undefined;
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  drawFirst(order, SAMPLED_ROWS, randomIntegers(seed));
  return Float64Array.from(order.subarray(0, SAMPLED_ROWS));
}

/**
 * Where the bins of some numbers end: between each two different ones where there are few, else so that bins have as many rows
 * each as ties allow. Only the order of the numbers decides which share a bin.
 *
 * @param values NaN where one is missing
 */
export function thresholdsOf(values: Float64Array, most: number, isFloat32: boolean): Float64Array {
  // Missing ones are sorted behind all others.
  const all = values.slice().sort();
  let present = all.length;
  while (present > 0 && Number.isNaN(all[present - 1])) present -= 1;
  const sorted = all.subarray(0, present);
  let distinct = 0;
  for (let at = 0; at < sorted.length; at++) if (at === 0 || sorted[at] !== sorted[at - 1]) distinct += 1;
  const edges = new Float64Array(Math.max(0, Math.min(distinct, most) - 1));
  let [closed, inBin, behind] = [0, 0, 0];
  for (let from = 0, to = 0; from < sorted.length && closed < edges.length; from = to) {
    const value = sorted[from] ?? 0;
    while (to < sorted.length && sorted[to] === value) to += 1;
    const rows = to - from;
    const fair = (sorted.length - behind) / (most - closed);
    // A frequent value is better alone than with its smaller neighbours.
    if (distinct > most && inBin > 0 && inBin + rows - fair > fair - inBin) {
      edges[closed++] = between(sorted[from - 1] ?? 0, value, isFloat32);
      [behind, inBin] = [from, 0];
    }
    inBin += rows;
    const isFull = distinct <= most || inBin >= (sorted.length - behind) / (most - closed);
    if (isFull && to < sorted.length && closed < edges.length) {
      edges[closed++] = between(value, sorted[to] ?? 0, isFloat32);
      [behind, inBin] = [to, 0];
    }
  }
  return edges.subarray(0, closed);
}

/** A number from `low` on and below `high`, half-way where there is one: in float32 for values that are compared in it. */
function between(low: number, high: number, isFloat32: boolean): number {
  const sum = low + high;
  const middle = Number.isFinite(sum) ? sum / 2 : low / 2 + high / 2;
  const edge = isFloat32 ? Math.fround(middle) : middle;
  // Neighbours have nothing between them, and half-way may be rounded up to the higher one.
  return edge >= low && edge < high ? edge : low;
}

function binsOf(values: Float64Array, thresholds: Float64Array): Uint8Array {
  const bins = new Uint8Array(values.length);
  const last = thresholds.length;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? 0;
    if (Number.isNaN(value)) {
      bins[row] = last + 1;
      continue;
    }
    let [low, high] = [0, last];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= (thresholds[middle] ?? 0)) high = middle;
      else low = middle + 1;
    }
    bins[row] = low;
  }
  return bins;
}

function placesOf(values: Float64Array, count: number): Uint8Array {
  const bins = new Uint8Array(values.length);
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? 0;
    bins[row] = Number.isNaN(value) ? count : value;
  }
  return bins;
}
