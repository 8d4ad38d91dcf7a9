import type { PairSketch, TableSketch } from '@trestle/contracts';
import type { Engine } from '../engine/engine.ts';
import { identifier } from '../engine/quote.ts';
import { SAMPLE } from './sample.ts';

/** Beyond, pairs are too many to compute and to read. */
const MOST_COLUMNS = 60;

/**
 * Sums over each pair of columns of numbers, on the sample, which stands for `rows`: ten thousand rows of sixty columns, as a
 * statement with as many aggregates would take longer to plan than all of this takes.
 */
export async function pairsOf(
  engine: Engine,
  numeric: readonly string[],
  rows: number,
): Promise<TableSketch['pairs']> {
  const names = numeric.slice(0, MOST_COLUMNS);
  if (names.length < 2) return [];
  const columns = names.map((): number[] => []);
  const list = names.map((name) => `CAST(${identifier(name)} AS DOUBLE)`);
  for await (const chunk of engine.chunks(`SELECT ${list.join(', ')} FROM ${SAMPLE}`))
    for (const [index, values] of chunk.columns.entries())
      for (const value of values) columns[index]?.push(typeof value === 'number' ? value : Number.NaN);
  const sampled = columns[0]?.length ?? 0;
  return names.flatMap((a, i) =>
    names.slice(i + 1).flatMap((b, j) => {
      const pair = sumsOf(columns[i] ?? [], columns[i + 1 + j] ?? []);
      const scale = rows / sampled;
      const { weight, meanA, meanB, sumAA, sumBB, sumAB } = pair;
      const weighted = {
        weight: weight * scale,
        meanA,
        meanB,
        sumAA: sumAA * scale,
        sumBB: sumBB * scale,
        sumAB: sumAB * scale,
      };
      return weight > 0 && Object.values(weighted).every(Number.isFinite) ? [{ a, b, ...weighted }] : [];
    }),
  );
}

type Sums = Omit<PairSketch, 'a' | 'b'>;

/** Two passes: the means first, so that nothing cancels. */
function sumsOf(a: readonly number[], b: readonly number[]): Sums {
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
