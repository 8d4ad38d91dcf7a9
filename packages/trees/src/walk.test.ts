import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boost, type Forest, forest, predictRow, rawScores } from './index.ts';
import { leafAdds } from './predict.ts';
import { walkerOf } from './walk.ts';

const WIDTH = 3;
const CATEGORIES = [0, 0, 40];
const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.constantFrom(Number.NaN, 0, -0),
);
/** Also what is no category: others, fractions, missing ones. */
const row = fc.tuple(
  number,
  number,
  fc.oneof(fc.integer({ min: -1, max: 41 }), fc.constantFrom(2.5, Number.NaN)),
);
const rowsOf = fc.array(row, { minLength: 1, maxLength: 50 });

/** Rows whose targets tell nearly all apart, so that a row that goes astray shows. */
async function forestsOf(
  rows: readonly (readonly number[])[],
  isFloat32: boolean,
): Promise<readonly Forest[]> {
  const seen = rows.map(([a = 0, b = 0, c = 0]) => [
    a,
    b,
    c >= 0 && c < 40 && Number.isInteger(c) ? c : Number.NaN,
  ]);
  const targets = rows.map((_, at) => (Math.imul(at + 1, 2_654_435_761) >>> 8) % 3);
  const matrix = isFloat32 ? Float32Array.from(seen.flat()) : Float64Array.from(seen.flat());
  const examples = { rows: rows.length, width: WIDTH, matrix, categories: CATEGORIES, targets };
  const boosted = await boost(examples, { objective: 'softmax', classes: 3, rounds: 2, minRows: 1 });
  const grown = await forest(examples, { objective: 'gini', classes: 3, trees: 6 });
  return [boosted.forest, grown.forest];
}

describe('rows that walk through trees beside each other', () => {
  it('end where each ends alone', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf, rowsOf, fc.boolean(), async (seen, unseen, isFloat32) => {
        const rows = [...seen, ...unseen];
        const table = { rows: rows.length, width: WIDTH, matrix: Float64Array.from(rows.flat()) };
        for (const one of await forestsOf(seen, isFloat32)) {
          const walker = walkerOf(one);
          walker.take(table, 0, rows.length);
          const sums = rows.map(() => one.initial.slice());
          for (const tree of one.roots.keys()) {
            const leaves = walker.leaves(tree);
            expect(leaves).toHaveLength(rows.length);
            for (const [at, leaf] of leaves.entries())
              for (let output = 0; output < 3; output++) {
                const sum = sums[at];
                if (sum) sum[output] = (sum[output] ?? 0) + leafAdds(one, tree, leaf, output);
              }
          }
          const raw = { ...one, activation: 'identity' } as const;
          for (const [at, given] of rows.entries()) expect(sums[at]).toEqual(predictRow(raw, given));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('are predicted to the bit as they are alone, however many there are', async () => {
    const rows = Array.from({ length: 9_001 }, (_, at) => [
      at % 7 === 0 ? Number.NaN : Math.sin(at),
      at % 13,
      at % 43,
    ]);
    const matrix = Float32Array.from(rows.flat());
    for (const one of await forestsOf(rows.slice(0, 500), true)) {
      const raw = { ...one, activation: 'identity' } as const;
      const found = rawScores(raw, { rows: rows.length, width: WIDTH, matrix });
      for (const [at, given] of rows.entries())
        expect(found.subarray(3 * at, 3 * at + 3)).toEqual(predictRow(raw, given));
    }
  });
});
