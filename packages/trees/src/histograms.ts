import type { BinnedTable } from './bins.ts';
import type { Breath } from './breath.ts';

/** Numbers of a bin: the sums of its rows' slopes and curvatures, and how many rows there are. */
export const PER_BIN = 3;

/** The histograms of the leaves of a tree, each with the bins of all columns one behind the other. */
export interface Histograms {
  /** Where the bins of a column begin, in bins. */
  readonly offsets: Int32Array;
  /** Whether there is a slot for every leaf; else only for two at a time. */
  readonly areKept: boolean;
  slot(index: number): Float64Array;
  /** Adds up the rows of a leaf, column by column. */
  build(
    into: Float64Array,
    columns: Int32Array,
    rows: Int32Array,
    slopes: Float64Array,
    breath: Breath,
  ): Promise<void>;
  /** A parent's histogram becomes that of one child by taking away the other's. */
  subtract(from: Float64Array, other: Float64Array, columns: Int32Array): void;
}

export function histogramsFor(table: BinnedTable, leaves: number, mostBytes: number): Histograms {
  const offsets = new Int32Array(table.width + 1);
  for (let column = 0; column < table.width; column++)
    offsets[column + 1] = (offsets[column] ?? 0) + (table.counts[column] ?? 0) + 1;
  const length = PER_BIN * (offsets[table.width] ?? 0);
  const areKept = length * Float64Array.BYTES_PER_ELEMENT * leaves <= mostBytes;
  const slots: Float64Array[] = [];
  // The slopes of a leaf's rows, brought together once for all columns.
  const gathered = new Float64Array(2 * table.rows);
  return {
    offsets,
    areKept,
    slot(index) {
      const slot = slots[index] ?? new Float64Array(length);
      slots[index] = slot;
      return slot;
    },
    async build(into, columns, rows, slopes, breath) {
      gather(slopes, rows, gathered);
      for (let at = 0; at < columns.length; at++) {
        const column = columns[at] ?? 0;
        const [from, to] = [PER_BIN * (offsets[column] ?? 0), PER_BIN * (offsets[column + 1] ?? 0)];
        into.fill(0, from, to);
        const bins = table.bins[column];
        if (bins) addRows(bins, rows, gathered, into, from);
        if (breath.isDue()) await breath.take();
      }
    },
    subtract(from, other, columns) {
      for (let at = 0; at < columns.length; at++) {
        const column = columns[at] ?? 0;
        const end = PER_BIN * (offsets[column + 1] ?? 0);
        for (let place = PER_BIN * (offsets[column] ?? 0); place < end; place++)
          from[place] = (from[place] ?? 0) - (other[place] ?? 0);
      }
    },
  };
}

function gather(slopes: Float64Array, rows: Int32Array, into: Float64Array): void {
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? 0;
    into[2 * at] = slopes[2 * row] ?? 0;
    into[2 * at + 1] = slopes[2 * row + 1] ?? 0;
  }
}

/** The innermost loop of boosting: a function of its own, so that it is compiled for these types alone. */
function addRows(
  bins: Uint8Array,
  rows: Int32Array,
  gathered: Float64Array,
  into: Float64Array,
  from: number,
): void {
  for (let at = 0; at < rows.length; at++) {
    const place = from + PER_BIN * (bins[rows[at] ?? 0] ?? 0);
    into[place] = (into[place] ?? 0) + (gathered[2 * at] ?? 0);
    into[place + 1] = (into[place + 1] ?? 0) + (gathered[2 * at + 1] ?? 0);
    into[place + 2] = (into[place + 2] ?? 0) + 1;
  }
}
