import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boost, type Forest, rawScores, shapValues } from './index.ts';
import { goesLeft } from './predict.ts';

const WIDTH = 4;
const CATEGORIES = [0, 0, 0, 6];

const value = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(Number.NaN));
const row = fc.record({ x: fc.tuple(value, value, value, value), y: fc.integer({ min: 0, max: 2 }) });

async function forestOf(
  rows: readonly { readonly x: readonly number[]; readonly y: number }[],
): Promise<Forest> {
  const matrix = Float64Array.from(rows.flatMap(({ x }) => x));
  const examples = {
    rows: rows.length,
    width: WIDTH,
    matrix,
    categories: CATEGORIES,
    targets: rows.map(({ y }) => y),
  };
  const options = {
    objective: 'softmax',
    classes: 3,
    rounds: 2,
    leaves: 8,
    minRows: 1,
    learningRate: 0.5,
  } as const;
  return (await boost(examples, options)).forest;
}

/** A tree's leaf where only some columns are known: at a split of another one, both ways by their rows. */
function expected(forest: Forest, node: number, x: readonly number[], known: number): number {
  const feature = forest.features[node] ?? -1;
  if (feature < 0) return forest.values[node] ?? 0;
  const [left, right] = [forest.left[node] ?? 0, forest.right[node] ?? 0];
  if ((known >> feature) & 1)
    return expected(forest, goesLeft(forest, node, x[feature] ?? Number.NaN) ? left : right, x, known);
  const share = (forest.rows[left] ?? 0) / (forest.rows[node] ?? 1);
  return share * expected(forest, left, x, known) + (1 - share) * expected(forest, right, x, known);
}

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));

/** Shapley's own formula, over all sets of other columns. */
function byDefinition(forest: Forest, output: number, x: readonly number[], column: number): number {
  let sum = 0;
  for (let known = 0; known < 2 ** WIDTH; known++) {
    if ((known >> column) & 1) continue;
    const size = [0, 1, 2, 3].filter((one) => (known >> one) & 1).length;
    const weight = (factorial(size) * factorial(WIDTH - size - 1)) / factorial(WIDTH);
    for (const [tree, root] of forest.roots.entries())
      if (tree % forest.outputs === output)
        sum += weight * (expected(forest, root, x, known | (1 << column)) - expected(forest, root, x, known));
  }
  return sum;
}

describe('SHAP values', () => {
  it('are the Shapley values by their definition, and add up to the score', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 3, maxLength: 40 }), row, async (rows, { x }) => {
        const forest = await forestOf(rows);
        const values = shapValues(forest, x);
        expect(values).toHaveLength(3 * (WIDTH + 1));
        const scores = rawScores(forest, { rows: 1, width: WIDTH, matrix: Float64Array.from(x) });
        for (let output = 0; output < 3; output++) {
          const own = values.subarray(output * (WIDTH + 1), (output + 1) * (WIDTH + 1));
          for (let column = 0; column < WIDTH; column++)
            expect(own[column]).toBeCloseTo(byDefinition(forest, output, x, column), 9);
          expect(own.reduce((sum, one) => sum + one, 0)).toBeCloseTo(scores[output] ?? Number.NaN, 9);
        }
      }),
      { numRuns: 60 },
    );
  });
});
