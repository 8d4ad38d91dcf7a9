import type { BinnedTable } from './bins.ts';
import type { Breath } from './breath.ts';
import type { Slopes } from './slopes.ts';
import { type Arena, rounded } from './wasm/arena.ts';
import { BASES_AT, GATHERED, GATHERED_AT, GROUP, PAIR_BYTES, RECORD_BYTES } from './wasm/kernels.ts';

/** Numbers of a bin as doubles: the sums of its rows' slopes and curvatures, and how many rows there are. */
export const PER_BIN = 3;

/** The histograms of the leaves of a tree, each with the bins of all columns one behind the other. */
export interface Histograms {
  /** Whether there is a slot for every leaf; else only for two at a time. */
  readonly areKept: boolean;
  /** Where the bins of a column of a slot are, for the kernels. */
  addressOf(slot: number, column: number): number;
  /** Adds up the rows of a leaf, some columns at a time. */
  build(slot: number, columns: Int32Array, rows: Int32Array, breath: Breath): Promise<void>;
  /** A parent's histogram becomes that of one child by taking away the other's. */
  subtract(from: number, other: number): void;
  /** The bins of a column as doubles, `PER_BIN` each; overwritten by the next. */
  widened(slot: number, column: number): Float64Array;
}

/** What the histograms of a table take: without bins that are empty whatever the rows are. */
const pairsOf = ({ counts }: Pick<BinnedTable, 'counts'>): number =>
  counts.reduce((sum, count) => sum + count + 1, 0);

const slotsOf = (table: BinnedTable, leaves: number, mostBytes: number): number =>
  PAIR_BYTES * pairsOf(table) * leaves <= mostBytes ? leaves : 2;

/** Bytes of an arena that `histogramsFor` takes. */
export const histogramBytes = (table: BinnedTable, leaves: number, mostBytes: number): number =>
  rounded(8 * PER_BIN * 257) +
  PAIR_BYTES * pairsOf(table) * slotsOf(table, leaves, mostBytes) +
  Math.max(0, Math.ceil(table.width / GROUP) - 1) * GROUP * table.rows;

export function histogramsFor(
  table: BinnedTable,
  slopes: Slopes,
  leaves: number,
  mostBytes: number,
  arena: Arena,
): Histograms {
  const { width, rows, counts, bins } = table;
  const offsets = new Int32Array(width + 1);
  for (let column = 0; column < width; column++)
    offsets[column + 1] = (offsets[column] ?? 0) + PAIR_BYTES * ((counts[column] ?? 0) + 1);
  const slotBytes = offsets[width] ?? 0;
  const slots = slotsOf(table, leaves, mostBytes);
  const memory = arena.bytes(slotBytes * slots);
  const wide = arena.doubles(PER_BIN * 257);
  // The first group lies in the records, the others by themselves.
  const groups = Array.from({ length: Math.ceil(width / GROUP) }, (_, group) => {
    const memory = group === 0 ? slopes.records.subarray(PAIR_BYTES) : arena.bytes(GROUP * rows);
    const stride = group === 0 ? RECORD_BYTES : GROUP;
    for (let of = 0; of < Math.min(GROUP, width - GROUP * group); of++) {
      const own = bins[GROUP * group + of] ?? new Uint8Array(0);
      for (let row = 0, at = of; row < rows; row++, at += stride) memory[at] = own[row] ?? 0;
    }
    return { address: memory.byteOffset, shift: Math.log2(stride) };
  });
  const bases = new Int32Array(arena.buffer, BASES_AT, GROUP);
  const records = slopes.records.byteOffset;
  const addTo = Array.from({ length: GROUP }, (_, at) => arena.kernel(`add${at + 1}`));
  const [gather, subtract, widen] = [arena.kernel('gather'), arena.kernel('subtract'), arena.kernel('widen')];
  const addRows = (
    add: (from: number, end: number) => void,
    { address, shift }: { readonly address: number; readonly shift: number },
    rowsOf: Int32Array,
  ): void => {
    // All rows are the same in any order.
    if (rowsOf.length === rows && address === records + PAIR_BYTES) {
      add(records, records + RECORD_BYTES * rows);
      return;
    }
    for (let at = 0; at < rowsOf.length; at += GATHERED) {
      const count = Math.min(GATHERED, rowsOf.length - at);
      gather(rowsOf.byteOffset + 4 * at, count, records, address, shift);
      add(GATHERED_AT, GATHERED_AT + RECORD_BYTES * count);
    }
  };
  const addressOf = (slot: number, column: number): number =>
    memory.byteOffset + slot * slotBytes + (offsets[column] ?? 0);
  return {
    areKept: slots === leaves,
    addressOf,
    async build(slot, columns, rowsOf, breath) {
      memory.fill(0, slot * slotBytes, (slot + 1) * slotBytes);
      let asked = 0;
      for (let group = 0; group < groups.length; group++) {
        const first = GROUP * group;
        const before = asked;
        while (asked < columns.length && (columns[asked] ?? 0) < first + GROUP) asked += 1;
        if (asked === before) continue;
        // All columns of a group up to the last one that is asked for: they lie beside each other anyway.
        const last = columns[asked - 1] ?? 0;
        for (let column = first; column <= last; column++) bases[column - first] = addressOf(slot, column);
        const [own, add] = [groups[group], addTo[last - first]];
        if (own && add) addRows(add, own, rowsOf);
        if (breath.isDue()) await breath.take();
      }
    },
    subtract: (from, other) => subtract(addressOf(from, 0), addressOf(other, 0), slotBytes),
    widened(slot, column) {
      const from = addressOf(slot, column);
      const pairs = (counts[column] ?? 0) + 1;
      widen(from, from + PAIR_BYTES * pairs, wide.byteOffset);
      return wide;
    },
  };
}
