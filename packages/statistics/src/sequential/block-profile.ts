import { sumOf } from '../hypothesis/chi-squared.ts';

/** What is looked at of a block's numbers, given how many rows of it are in each bin of a reference. */
export const NUMERIC_PARTS = ['place', 'spread', 'beyond'] as const;

/**
 * What each bin weighs in each part: Legendre's polynomials of the reference's own ranks, which the smooth test of J. Neyman (Skand.
 * Aktuarietidskr. 20, 1937) adds up, normalised so that one row of the reference has variance 1; and whether a bin lies beyond the reference's
 * least and greatest value. Bounded, so that no single row, however far away, decides.
 *
 * @param reference counts per bin, in order; the first and the last lie beyond all its values
 * @returns for each of `NUMERIC_PARTS` a weight per bin
 */
export function numericWeights(reference: readonly number[]): readonly Float64Array[] {
  const total = sumOf(reference) || 1;
  let before = 0;
  const ranks = reference.map((count) => {
    const middle = (before + count / 2) / total;
    before += count;
    return 2 * middle - 1;
  });
  const last = reference.length - 1;
  return [
    Float64Array.from(ranks, (x) => Math.sqrt(3) * x),
    Float64Array.from(ranks, (x) => (Math.sqrt(5) * (3 * x * x - 1)) / 2),
    Float64Array.from(ranks, (_, bin) => (bin === 0 || bin === last ? 1 : 0)),
  ];
}

/** The mean weight of a block's rows; NaN of none. */
export function meanWeight(weights: ArrayLike<number>, counts: ArrayLike<number>): number {
  let [rows, sum] = [0, 0];
  for (let bin = 0; bin < counts.length; bin++) {
    const count = counts[bin] ?? 0;
    if (count === 0) continue;
    rows += count;
    sum += count * (weights[bin] ?? 0);
  }
  return rows === 0 ? Number.NaN : sum / rows;
}
