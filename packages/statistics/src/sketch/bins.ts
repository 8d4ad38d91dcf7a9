import type { Points } from './sketches.ts';

export const BINS = 20;

/** Bins of equal width between the least and the greatest number. */
export interface Bins {
  readonly min: number;
  readonly width: number;
}

/** The bins of a column of numbers, if they differ and are finite; whole numbers beyond 2^53 come as their digits. */
export function binsBetween(least: number | string | null, most: number | string | null): Bins | undefined {
  if (least === null || most === null) return undefined;
  const [min, max] = [Number(least), Number(most)];
  const width = (max - min) / BINS;
  return width > 0 && Number.isFinite(width) ? { min, width } : undefined;
}

export const binOf = ({ min, width }: Bins, value: number): number =>
  Math.min(Math.floor((value - min) / width), BINS - 1);

export function histogramOf(
  bins: Bins | undefined,
  { values, below }: Points,
): { readonly from: number; readonly to: number; readonly count: number }[] {
  if (!bins) return [];
  const counts = new Array<number>(BINS).fill(0);
  for (const [index, value] of values.entries()) {
    const bin = binOf(bins, value);
    counts[bin] = (counts[bin] ?? 0) + (below[index] ?? 0) - (below[index - 1] ?? 0);
  }
  const { min, width } = bins;
  return counts.map((count, bin) => ({ from: min + bin * width, to: min + (bin + 1) * width, count }));
}
