import type { BinnedTable } from './bins.ts';
import { type Arena, rounded } from './wasm/arena.ts';

/** Brings rows whose bin goes left to the front, in place; both parts keep their order. @returns how many go left */
export type Divide = (rows: Int32Array, bins: Uint8Array) => number;

/** Bytes of an arena that `dividingIn` takes. */
export const dividingBytes = (rows: number): number => 256 + 16 + rounded(4 * rows + 4);

/** @param rows that are divided at once, at most; they and the bins lie in the arena */
export function dividingIn(
  arena: Arena,
  rows: number,
): { readonly divide: Divide; readonly isLeft: Uint8Array } {
  const isLeft = arena.bytes(256);
  const found = arena.ints(1);
  // Each row is written before it is known whether it counts.
  const spare = arena.ints(rows + 1);
  const kernel = arena.kernel('divide');
  return {
    isLeft,
    divide(part, bins) {
      if (part.length === 0) return 0;
      const { byteOffset: ways } = isLeft;
      kernel(part.byteOffset, part.length, bins.byteOffset, ways, spare.byteOffset, found.byteOffset);
      return found[0] ?? 0;
    },
  };
}

/** Writes which bins of a column go left at a split. */
export function fillWays(
  isLeft: Uint8Array,
  { counts }: Pick<BinnedTable, 'counts'>,
  split: {
    readonly column: number;
    /** The last bin that goes left. */
    readonly bin: number;
    readonly set: Uint32Array | undefined;
    readonly missingLeft: boolean;
  },
): void {
  const count = counts[split.column] ?? 0;
  for (let bin = 0; bin <= count; bin++) {
    const isIn = split.set
      ? ((split.set[bin >> 5] ?? 0) >>> (bin & 31)) & 1
      : Number(bin === count ? split.missingLeft : bin <= split.bin);
    isLeft[bin] = isIn;
  }
}
