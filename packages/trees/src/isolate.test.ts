import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isolate, predict, predictRow } from './index.ts';

interface Fixture {
  readonly width: number;
  readonly matrix: readonly number[];
  readonly scores: readonly number[];
}

/** `fixtures/isolation.py` makes it. */
const fixture: Fixture = JSON.parse(
  readFileSync(new URL('fixtures/isolation.json', import.meta.url), 'utf8'),
);

const value = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.constant(Number.NaN),
);
const row = fc.tuple(value, value, fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(Number.NaN)));
const tableOf = (rows: readonly (readonly number[])[], isFloat32 = false) => ({
  rows: rows.length,
  width: 3,
  matrix: isFloat32 ? Float32Array.from(rows.flat()) : Float64Array.from(rows.flat()),
  categories: [0, 0, 6],
});

describe('an isolation forest', () => {
  it("finds rows as odd as scikit-learn's does", async () => {
    const { width, matrix, scores } = fixture;
    const table = { rows: scores.length, width, matrix: Float64Array.from(matrix) };
    const found = predict(await isolate(table, { trees: 1_000 }), table);
    for (const [at, score] of scores.entries())
      expect(Math.abs((found[at] ?? Number.NaN) - score), `row ${at}: ${found[at]}, ${score}`).toBeLessThan(
        0.025,
      );
  });

  it('gives scores from 0 to 1, the same of the same seed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 60 }),
        fc.boolean(),
        async (rows, isFloat32) => {
          const table = tableOf(rows, isFloat32);
          const forest = await isolate(table, { trees: 5, seed: 3 });
          expect(await isolate(table, { trees: 5, seed: 3 })).toEqual(forest);
          for (const score of predict(forest, table)) {
            expect(score).toBeGreaterThan(0);
            expect(score).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('sends each row where it went when the trees grew', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 2, maxLength: 40 }),
        fc.boolean(),
        async (rows, isFloat32) => {
          const table = tableOf(rows, isFloat32);
          const forest = await isolate(table, { trees: 1 });
          // One tree of all rows: each of its leaves is told how many came to it.
          const counts = new Map<number, number>();
          for (let at = 0; at < rows.length; at++) {
            const score = predictRow(forest, table.matrix.slice(3 * at, 3 * at + 3))[0] ?? Number.NaN;
            const leaf = forest.values.findIndex(
              (own, node) => forest.features[node] === -1 && Math.exp(own) === score,
            );
            counts.set(leaf, (counts.get(leaf) ?? 0) + 1);
          }
          const leaves = [...forest.features.keys()].filter((node) => forest.features[node] === -1);
          // Leaves with the same value are told together.
          for (const leaf of new Set(leaves.map((node) => forest.values.indexOf(forest.values[node] ?? 0)))) {
            const same = leaves.filter((node) => forest.values[node] === forest.values[leaf]);
            const expected = same.reduce((sum, node) => sum + (forest.rows[node] ?? 0), 0);
            const found = [...counts].reduce(
              (sum, [node, count]) => sum + (forest.values[node] === forest.values[leaf] ? count : 0),
              0,
            );
            expect(found).toBe(expected);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('finds a category that nobody else has, and a value that is missing', async () => {
    const rows = Array.from({ length: 200 }, (_, at) => [at % 5, 1, at % 3]);
    rows.push([2, 1, 5], [2, Number.NaN, 1]);
    const table = tableOf(rows);
    const found = predict(await isolate(table, { trees: 300 }), table);
    const usual = Math.max(...found.subarray(0, 200));
    expect(Math.min(...found.subarray(200))).toBeGreaterThan(usual);
  });

  it('refuses what it does not know', async () => {
    await expect(isolate(tableOf([[1, 2, 3]]), { trees: 0 })).rejects.toMatchObject({
      code: 'TRS_TREES_OPTION',
    });
    await expect(isolate(tableOf([[1, Number.POSITIVE_INFINITY, 3]]))).rejects.toMatchObject({
      code: 'TRS_TREES_INFINITE',
    });
    const reason = new Error('enough');
    await expect(isolate(tableOf([[1, 2, 3]]), {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });
});
