import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boost, type Examples, finiteNumbers, type Objective, predict } from './index.ts';

const ROWS = 300;
const matrix = Float64Array.from({ length: ROWS * 2 }, (_, at) => Math.sin(12.9898 * at) * 3);
const targets = Float64Array.from(
  { length: ROWS },
  (_, row) => (matrix[2 * row] ?? 0) ** 2 + (matrix[2 * row + 1] ?? 0),
);
const examples: Examples = { rows: ROWS, width: 2, matrix, targets };
const OPTIONS = { objective: 'squaredError', rounds: 60, leaves: 8 } as const;

const errorOf = (predictions: Float64Array): number =>
  predictions.reduce((sum, value, row) => sum + (value - (targets[row] ?? 0)) ** 2, 0) / ROWS;

describe('boosting that leaves rounds out', () => {
  it('learns, and its first trees decide less', async () => {
    const plain = await boost(examples, OPTIONS);
    const { forest } = await boost(examples, { ...OPTIONS, dropShare: 0.1 });
    const constant = errorOf(new Float64Array(ROWS).fill(forest.initial[0] ?? 0));
    expect(errorOf(predict(forest, examples))).toBeLessThan(0.2 * constant);
    const largest = (values: Float64Array, to: number) => Math.max(...values.subarray(0, to).map(Math.abs));
    expect(largest(forest.values, forest.roots[1] ?? 0)).toBeLessThan(
      largest(plain.forest.values, plain.forest.roots[1] ?? 0),
    );
  });

  it('learns what the trees that are not left out leave open', async () => {
    const rounds = 7;
    const share = fc.constantFrom(0.2, 0.6, 1);
    await fc.assert(
      fc.asyncProperty(fc.integer(), share, fc.boolean(), async (seed, dropShare, isFloat32) => {
        let seen = new Float64Array(0);
        const noting: Objective = {
          ...{ name: 'noting', activation: 'identity', initial: () => [0], loss: () => 0 },
          targets: finiteNumbers,
          slopes(scores, _, wanted, __, into) {
            seen = scores.slice();
            for (let row = 0; row < wanted.length; row++) {
              into[2 * row] = (scores[row] ?? 0) - (wanted[row] ?? 0);
              into[2 * row + 1] = 1;
            }
          },
        };
        const given = isFloat32 ? { ...examples, matrix: Float32Array.from(matrix) } : examples;
        const options = { objective: noting, leaves: 5, seed, dropShare };
        const { forest } = await boost(given, { ...options, rounds });
        // One round more, of which what it saw is noted.
        await boost(given, { ...options, rounds: rounds + 1 });
        const byTree = [...forest.roots].map((root) =>
          predict({ ...forest, roots: Int32Array.of(root) }, given),
        );
        const isSumWithout = (left: number): boolean =>
          [0, 77, ROWS - 1].every((row) => {
            const sum = byTree.reduce(
              (all, own, tree) => all + ((left >> tree) & 1 ? 0 : (own[row] ?? 0)),
              0,
            );
            return Math.abs(sum - (seen[row] ?? Number.NaN)) <= 1e-9 * (1 + Math.abs(sum));
          });
        expect(Array.from({ length: 2 ** rounds }, (_, left) => left).some(isSumWithout)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses a validation part by name: no round can be gone back to', async () => {
    await expect(
      boost(examples, { ...OPTIONS, dropShare: 0.1 }, { validation: examples }),
    ).rejects.toMatchObject({
      code: 'TRS_TREES_OPTION',
      details: { option: 'dropShare' },
    });
  });
});
