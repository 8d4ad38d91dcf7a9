import { sumsOf, type TableSketch } from '@trestle/statistics';
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
