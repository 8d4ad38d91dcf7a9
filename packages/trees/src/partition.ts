import type { BinnedTable } from './bins.ts';

/** Which bins of a column go left: one a bin, 1 where it does. */
export const waysLeft = (): Uint8Array => new Uint8Array(256);

/** Brings rows whose bin goes left to the front, in place; both parts keep their order. @returns how many go left */
export type Divide = (rows: Int32Array, bins: Uint8Array, isLeft: Uint8Array) => number;

/** @param most rows that are divided at once */
export function dividing(most: number): Divide {
  const spare = new Int32Array(most);
  return (rows, bins, isLeft) => {
    let [kept, moved] = [0, 0];
    for (let at = 0; at < rows.length; at++) {
      // Written to both sides and counted for one: a branch that nobody can predict takes longer.
      const row = rows[at] ?? 0;
      const toLeft = isLeft[bins[row] ?? 0] ?? 0;
      rows[kept] = row;
      spare[moved] = row;
      kept += toLeft;
      moved += 1 - toLeft;
    }
    for (let at = 0; at < moved; at++) rows[kept + at] = spare[at] ?? 0;
    return kept;
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
