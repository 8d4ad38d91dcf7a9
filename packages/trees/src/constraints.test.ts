import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boost, type Examples, type Forest, predictRow } from './index.ts';

const number = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.double({ min: -100, max: 100, noNaN: true }),
  fc.constant(Number.NaN),
);
const rowsOf = fc.array(
  fc.record({
    x: fc.tuple(number, number, fc.integer({ min: 0, max: 4 })),
    y: fc.double({ min: -10, max: 10, noNaN: true }),
  }),
  { minLength: 2, maxLength: 60 },
);
const examplesOf = (rows: readonly { readonly x: readonly number[]; readonly y: number }[]): Examples => ({
  rows: rows.length,
  width: 3,
  matrix: Float32Array.from(rows.flatMap(({ x }) => x)),
  categories: [0, 0, 5],
  targets: rows.map(({ y }) => y),
});
const SMALL = { rounds: 8, leaves: 8, minRows: 1, learningRate: 0.5 } as const;

describe('a column that predictions may only rise with', () => {
  it.each(['squaredError', 'absoluteError'] as const)('is obeyed everywhere, by %s', async (objective) => {
    await fc.assert(
      fc.asyncProperty(
        rowsOf,
        fc.constantFrom([1, 0, 0], [-1, 0, 0], [1, -1, 0]),
        fc.array(
          fc.tuple(
            fc.double({ min: -120, max: 120, noNaN: true }),
            fc.double({ min: -120, max: 120, noNaN: true }),
          ),
          { minLength: 8, maxLength: 8 },
        ),
        async (rows, monotone, pairs) => {
          const { forest } = await boost(examplesOf(rows), { ...SMALL, objective, monotone });
          for (const [a, b] of pairs)
            for (const column of [0, 1]) {
              const way = monotone[column] ?? 0;
              if (way === 0) continue;
              const at = (value: number): number => {
                const row = [3, 3, 2];
                row[column] = value;
                return predictRow(forest, row)[0] ?? Number.NaN;
              };
              const [low, high] = [at(Math.min(a, b)), at(Math.max(a, b))];
              expect(way * (high - low)).toBeGreaterThanOrEqual(0);
            }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is still learnt from', async () => {
    const rows = Array.from({ length: 200 }, (_, row) => ({
      x: [row, (row * 37) % 11, row % 5],
      y: row / 20 + ((row * 7) % 3),
    }));
    const { forest } = await boost(examplesOf(rows), {
      ...{ ...SMALL, rounds: 40, objective: 'squaredError', monotone: [1, 0, 0] },
    });
    const errors = rows.map(({ x, y }) => Math.abs((predictRow(forest, x)[0] ?? Number.NaN) - y));
    expect(Math.max(...errors)).toBeLessThan(1.5);
  });
});

/** The columns that are asked on the way to each leaf. */
function waysOf(forest: Forest, node: number, asked: ReadonlySet<number>): readonly ReadonlySet<number>[] {
  const feature = forest.features[node] ?? -1;
  if (feature < 0) return [asked];
  const more = new Set([...asked, feature]);
  return [...waysOf(forest, forest.left[node] ?? 0, more), ...waysOf(forest, forest.right[node] ?? 0, more)];
}

describe('groups of columns', () => {
  it('are what each way from the root stays in', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsOf,
        fc.constantFrom(
          [[0, 1]],
          [[0], [1, 2]],
          [
            [0, 2],
            [1, 2],
          ],
        ),
        async (rows, interactions) => {
          const { forest } = await boost(examplesOf(rows), {
            ...SMALL,
            objective: 'squaredError',
            interactions,
          });
          const named = new Set<number>(interactions.flat());
          const groups: readonly (readonly number[])[] = [
            ...interactions,
            [0, 1, 2].filter((column) => !named.has(column)),
          ];
          for (const root of forest.roots)
            for (const way of waysOf(forest, root, new Set()))
              expect(groups.some((group) => [...way].every((column) => group.includes(column)))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('constraints', () => {
  it.each([
    [{ monotone: [1] }, 'monotone'],
    [{ monotone: [2, 0, 0] }, 'monotone'],
    [{ monotone: [0, 0, 1] }, 'no order'],
    [{ interactions: [[0, 3]] }, 'interactions'],
  ])('that make no sense are refused by name: %j', async (options, word) => {
    const refused = boost(examplesOf([{ x: [1, 2, 3], y: 1 }]), { objective: 'squaredError', ...options });
    await expect(refused).rejects.toMatchObject({
      code: 'TRS_TREES_OPTION',
      message: expect.stringContaining(word),
    });
  });

  it('of L1 make all leaves of a weak signal 0', async () => {
    const rows = Array.from({ length: 100 }, (_, row) => ({ x: [row, 0, 0], y: Math.sin(row) }));
    const { forest } = await boost(examplesOf(rows), { ...SMALL, objective: 'squaredError', l1: 1e4 });
    expect(forest.values.every((value) => value === 0)).toBe(true);
  });
});
