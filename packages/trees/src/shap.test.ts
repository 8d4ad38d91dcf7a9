import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boost, type Forest, forest as grow, rawScores, shapValues } from './index.ts';
import { goesLeft, leafAdds } from './predict.ts';

const WIDTH = 4;
const CATEGORIES = [0, 0, 0, 6];

const value = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(Number.NaN));
const row = fc.record({ x: fc.tuple(value, value, value, value), y: fc.integer({ min: 0, max: 2 }) });

async function forestOf(
  rows: readonly { readonly x: readonly number[]; readonly y: number }[],
  isBoosted: boolean,
): Promise<Forest> {
  const matrix = Float64Array.from(rows.flatMap(({ x }) => x));
  const examples = {
    rows: rows.length,
    width: WIDTH,
    matrix,
    categories: CATEGORIES,
    targets: rows.map(({ y }) => y),
  };
  if (!isBoosted) return (await grow(examples, { objective: 'gini', classes: 3, trees: 4, depth: 4 })).forest;
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
function expected(
  forest: Forest,
  tree: number,
  node: number,
  output: number,
  x: readonly number[],
  known: number,
): number {
  const feature = forest.features[node] ?? -1;
  if (feature < 0) return leafAdds(forest, tree, node, output);
  const [left, right] = [forest.left[node] ?? 0, forest.right[node] ?? 0];
  const below = (child: number): number => expected(forest, tree, child, output, x, known);
  if ((known >> feature) & 1) return below(goesLeft(forest, node, x[feature] ?? Number.NaN) ? left : right);
  const share = (forest.rows[left] ?? 0) / (forest.rows[node] ?? 1);
  return share * below(left) + (1 - share) * below(right);
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
      sum +=
        weight *
        (expected(forest, tree, root, output, x, known | (1 << column)) -
          expected(forest, tree, root, output, x, known));
  }
  return sum;
}

describe('SHAP values', () => {
  it.each([
    ['boosted trees', true],
    ['trees of all outputs', false],
  ])('of %s are the Shapley values by their definition, and add up to the score', async (_, isBoosted) => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 3, maxLength: 40 }), row, async (rows, { x }) => {
        const forest = await forestOf(rows, isBoosted);
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

  it.each([
    ['boosted trees', true],
    ['trees of all outputs', false],
  ])('against a background, of %s, are so, too', async (_, isBoosted) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 3, maxLength: 30 }),
        row,
        fc.array(row, { minLength: 1, maxLength: 4 }),
        async (rows, { x }, others) => {
          const forest = await forestOf(rows, isBoosted);
          const matrix = Float64Array.from(others.flatMap((other) => other.x));
          const values = shapValues(forest, x, { rows: others.length, width: WIDTH, matrix });
          /** The mean score where some columns are the row's and the others those of the background. */
          const scoreOf = (known: number, output: number): number => {
            const mixed = others.flatMap((other) =>
              other.x.map((own, at) => ((known >> at) & 1 ? x[at] : own) ?? 0),
            );
            const table = { rows: others.length, width: WIDTH, matrix: Float64Array.from(mixed) };
            const scores = rawScores(forest, table);
            return others.reduce((sum, _, at) => sum + (scores[3 * at + output] ?? 0), 0) / others.length;
          };
          for (let output = 0; output < 3; output++) {
            const at = output * (WIDTH + 1);
            for (let column = 0; column < WIDTH; column++) {
              let expectedValue = 0;
              for (let known = 0; known < 2 ** WIDTH; known++) {
                if ((known >> column) & 1) continue;
                const size = [0, 1, 2, 3].filter((one) => (known >> one) & 1).length;
                const weight = (factorial(size) * factorial(WIDTH - size - 1)) / factorial(WIDTH);
                expectedValue += weight * (scoreOf(known | (1 << column), output) - scoreOf(known, output));
              }
              expect(values[at + column]).toBeCloseTo(expectedValue, 9);
            }
            expect(values[at + WIDTH]).toBeCloseTo(scoreOf(0, output), 9);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});
