import { breathe } from './breath.ts';
import type { Forest } from './forest.ts';
import { type Limit, withDefaults } from './limits.ts';
import { predict } from './predict.ts';
import { drawFirst, randomIntegers } from './random.ts';
import type { TreeTable } from './table.ts';

export interface PermutationOptions {
  /** How often each column is shuffled. */
  readonly repeats?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

export interface PermutationImportance {
  /** How good the predictions are as they are. */
  readonly score: number;
  /** Of each column, by how much worse they are on average when its values are shuffled, and the deviation over the repeats. */
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

const DEFAULTS = { repeats: 5, seed: 0 };
const LIMITS: Readonly<Record<keyof typeof DEFAULTS, Limit>> = {
  repeats: [1, 100_000, 'whole'],
  seed: [-(2 ** 53), 2 ** 53, 'whole'],
};

/**
 * How much worse predictions get when the values of a column are shuffled among the rows (Breiman 2001). On rows that were not learnt
 * from it tells what the trees use and not what they know by heart; of columns that go along with each other each may look idle.
 *
 * @param judge of predictions [rows, outputs]; more is better
 * @throws TRS_TREES_OPTION, TRS_TREES_SHAPE, the signal's reason
 */
export async function permutationImportance(
  forest: Forest,
  table: Pick<TreeTable, 'rows' | 'width' | 'matrix'>,
  judge: (predictions: Float64Array) => number,
  { signal, ...options }: PermutationOptions = {},
): Promise<PermutationImportance> {
  signal?.throwIfAborted();
  const { repeats, seed } = withDefaults(options, DEFAULTS, LIMITS);
  const breath = breathe(signal);
  const { rows, width, matrix } = table;
  const score = judge(predict(forest, table));
  const [mean, deviation] = [new Float64Array(width), new Float64Array(width)];
  const asked = new Set(forest.features);
  const shuffled = matrix.slice();
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  for (let column = 0; column < width; column++) {
    // What no tree asks for changes nothing.
    if (!asked.has(column)) continue;
    // A stream of its own for each column: what one gets does not hang on the others.
    const next = randomIntegers(seed + Math.imul(column + 1, 0x9e3779b1));
    const drops: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      drawFirst(order, rows, next);
      for (let row = 0, at = column; row < rows; row++, at += width)
        shuffled[at] = matrix[(order[row] ?? 0) * width + column] ?? 0;
      drops.push(score - judge(predict(forest, { rows, width, matrix: shuffled })));
      if (breath.isDue()) await breath.take();
    }
    for (let row = 0, at = column; row < rows; row++, at += width) shuffled[at] = matrix[at] ?? 0;
    const average = drops.reduce((sum, drop) => sum + drop, 0) / repeats;
    mean[column] = average;
    deviation[column] = Math.sqrt(drops.reduce((sum, drop) => sum + (drop - average) ** 2, 0) / repeats);
  }
  return { score, mean, deviation };
}
