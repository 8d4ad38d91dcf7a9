import type { PairSketch } from './sketches.ts';

type Sums = Omit<PairSketch, 'a' | 'b'>;

/** Two passes: the means first, so that nothing cancels. */
export function sumsOf(a: readonly number[], b: readonly number[]): Sums {
  let [weight, totalA, totalB] = [0, 0, 0];
  for (let row = 0; row < a.length; row++) {
    const [x = Number.NaN, y = Number.NaN] = [a[row], b[row]];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    weight++;
    totalA += x;
    totalB += y;
  }
  const [meanA, meanB] = [totalA / weight, totalB / weight];
  let [sumAA, sumBB, sumAB] = [0, 0, 0];
  for (let row = 0; row < a.length; row++) {
    const [x = Number.NaN, y = Number.NaN] = [a[row], b[row]];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    sumAA += (x - meanA) ** 2;
    sumBB += (y - meanB) ** 2;
    sumAB += (x - meanA) * (y - meanB);
  }
  return { weight, meanA, meanB, sumAA, sumBB, sumAB };
}

/** Both together (Pébay 2008, as in `mergeMoments`). */
export function mergePairs(one: PairSketch, other: PairSketch): PairSketch {
  const weight = one.weight + other.weight;
  const share = other.weight / weight;
  const both = one.weight * share;
  const [a, b] = [other.meanA - one.meanA, other.meanB - one.meanB];
  return {
    ...one,
    weight,
    meanA: one.meanA + a * share,
    meanB: one.meanB + b * share,
    sumAA: one.sumAA + other.sumAA + a * a * both,
    sumBB: one.sumBB + other.sumBB + b * b * both,
    sumAB: one.sumAB + other.sumAB + a * b * both,
  };
}

/** Pearson's r, NaN where one of both is always the same. */
export const correlationOf = ({ sumAA, sumBB, sumAB }: PairSketch): number =>
  Math.max(-1, Math.min(1, sumAB / Math.sqrt(sumAA) / Math.sqrt(sumBB)));
