import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Examples, type ForestOptions, forest, predict, predictRow } from './index.ts';

const CATEGORIES = 7;
const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.constant(Number.NaN),
);
const category = fc.oneof(fc.integer({ min: 0, max: CATEGORIES - 1 }), fc.constant(Number.NaN));
const rowsOf = (least = 2, most = 80) =>
  fc.array(fc.record({ x: fc.tuple(number, number, category), y: fc.integer({ min: 0, max: 3 }) }), {
    minLength: least,
    maxLength: most,
  });
const examplesOf = (rows: readonly { readonly x: readonly number[]; readonly y: number }[]): Examples => ({
  rows: rows.length,
  width: 3,
  matrix: Float64Array.from(rows.flatMap(({ x }) => x)),
  categories: [0, 0, CATEGORIES],
  targets: rows.map(({ y }) => y),
});
const aims: readonly ForestOptions[] = (['best', 'random'] as const).flatMap((splits) => [
  { objective: 'squaredError', splits, trees: 6 },
  { objective: 'gini', classes: 4, splits, trees: 6 },
]);

describe('a forest', () => {
  for (const options of aims) {
    const name = `${options.objective} with ${options.splits} splits`;

    it(`of ${name} is the same of the same seed, and gives each row the same alone as among others`, async () => {
      await fc.assert(
        fc.asyncProperty(rowsOf(), fc.integer(), async (rows, seed) => {
          const examples = examplesOf(rows);
          const grown = await forest(examples, { ...options, seed });
          expect(await forest(examples, { ...options, seed })).toEqual(grown);
          const all = predict(grown.forest, examples);
          const { outputs } = grown.forest;
          for (const [row, { x }] of rows.entries())
            expect(predictRow(grown.forest, x)).toEqual(all.slice(row * outputs, (row + 1) * outputs));
        }),
        { numRuns: 40 },
      );
    });

    it(`of ${name} knows by heart what it has seen whole, where rows differ`, async () => {
      await fc.assert(
        fc.asyncProperty(rowsOf(), async (rows) => {
          const examples = examplesOf(rows);
          const whole = { ...options, replacement: false, columnShareByNode: 1 };
          const found = predict((await forest(examples, whole)).forest, examples);
          const outputs = options.classes ?? 1;
          const keyOf = (x: readonly number[]) => x.map((one) => (one === 0 ? 0 : one)).join();
          for (const [row, { x }] of rows.entries()) {
            // A leaf is pure or holds rows that are equal to each other: its mean.
            const same = rows.filter((other) => keyOf(other.x) === keyOf(x));
            for (let output = 0; output < outputs; output++) {
              const mean =
                same.reduce((sum, { y }) => sum + (outputs > 1 ? Number(y === output) : y), 0) / same.length;
              expect(found[row * outputs + output], `row ${row}`).toBeCloseTo(mean, 9);
            }
          }
        }),
        { numRuns: 40 },
      );
    });
  }

  it('answers classes with shares that add up to 1', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf(), async (rows) => {
        const examples = examplesOf(rows);
        const { forest: grown } = await forest(examples, {
          objective: 'gini',
          classes: 4,
          trees: 5,
          minRows: 3,
        });
        const found = predict(grown, examples);
        for (let at = 0; at < found.length; at += 4) {
          const shares = found.slice(at, at + 4);
          expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('of two classes answers with the share of the second', async () => {
    const rows = Array.from({ length: 200 }, (_, row) => ({
      x: [row % 10, row % 7, row % 3],
      y: Number(row % 10 > 4),
    }));
    const { forest: grown } = await forest(examplesOf(rows), { objective: 'gini', classes: 2, trees: 20 });
    expect(grown.outputs).toBe(1);
    expect(predictRow(grown, [2, 0, 0])[0]).toBeLessThan(0.1);
    expect(predictRow(grown, [8, 0, 0])[0]).toBeGreaterThan(0.9);
  });

  it('tells of each row what the trees say that did not draw it', async () => {
    // A target that nothing tells: trees that drew a row know it by heart, the others can only guess.
    const rows = Array.from({ length: 300 }, (_, row) => ({
      x: [row, Math.imul(row, 2_654_435_761) >>> 20, row % 7],
      y: (Math.imul(row + 7, 0x85ebca6b) >>> 16) & 1,
    }));
    const examples = examplesOf(rows);
    const grown = await forest(examples, { objective: 'gini', classes: 2, trees: 60 });
    const errorOf = (found: ArrayLike<number>) =>
      rows.reduce((sum, { y }, row) => sum + ((found[row] ?? Number.NaN) - y) ** 2, 0) / rows.length;
    expect(errorOf(predict(grown.forest, examples))).toBeLessThan(0.08);
    expect(errorOf(grown.outOfBag ?? [])).toBeGreaterThan(0.2);
    const all = await forest(examples, { objective: 'gini', classes: 2, trees: 3, splits: 'random' });
    expect(all.outOfBag).toBeUndefined();
  });

  it('of a row that every tree drew has nothing out of bag', async () => {
    const rows = Array.from({ length: 20 }, (_, row) => ({ x: [row, 0, 0], y: row % 2 }));
    const { outOfBag } = await forest(examplesOf(rows), { objective: 'squaredError', trees: 1 });
    expect(outOfBag?.some(Number.isNaN)).toBe(true);
    expect(outOfBag?.every(Number.isNaN)).toBe(false);
  });

  it('never draws rows without weight', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf(4), async (rows) => {
        const weights = rows.map((_, row) => row % 2);
        const odd = rows.filter((_, row) => row % 2 === 1);
        const options = { objective: 'squaredError', trees: 4, replacement: false } as const;
        // The bins are those of all rows, which few different values leave as they are.
        const small = rows.map(({ x, y }) => ({ x: x.map((one) => Math.max(-3, Math.min(3, one))), y }));
        const weighted = await forest({ ...examplesOf(small), weights }, options);
        for (const at of weighted.forest.roots) expect(weighted.forest.rows[at]).toBe(odd.length);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps to depth and least rows', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf(), fc.integer({ min: 1, max: 4 }), async (rows, limit) => {
        for (const options of aims) {
          const { forest: grown } = await forest(examplesOf(rows), {
            ...options,
            depth: limit,
            minRows: limit,
          });
          const depthOf = (node: number): number =>
            grown.features[node] === -1
              ? 0
              : 1 + Math.max(depthOf(grown.left[node] ?? 0), depthOf(grown.right[node] ?? 0));
          for (const root of grown.roots) expect(depthOf(root)).toBeLessThanOrEqual(limit);
          for (const [node, feature] of grown.features.entries())
            if (feature === -1 && !grown.roots.includes(node))
              expect(grown.rows[node]).toBeGreaterThanOrEqual(limit);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('sends missing values where they belong', async () => {
    const rows = Array.from({ length: 200 }, (_, row) => ({
      x: [row % 2 ? Number.NaN : row, 0, 0],
      y: row % 2,
    }));
    for (const splits of ['best', 'random'] as const) {
      const { forest: grown } = await forest(examplesOf(rows), {
        ...{ objective: 'squaredError', splits, trees: 20, replacement: false },
      });
      expect(predictRow(grown, [Number.NaN, 0, 0])[0]).toBeGreaterThan(0.9);
      expect(predictRow(grown, [50, 0, 0])[0]).toBeLessThan(0.1);
    }
  });

  it.each([
    [{ objective: 'entropy' }, 'squaredError or gini'],
    [{ objective: 'gini' }, 'classes'],
    [{ objective: 'squaredError', splits: 'worst' }, 'best or random'],
    [{ objective: 'squaredError', trees: 0 }, 'trees'],
    [{ objective: 'squaredError', columnShareByNode: 0 }, 'columnShareByNode'],
  ])('refuses %j by name', async (options, words) => {
    const examples = examplesOf([{ x: [1, 2, 3], y: 0 }]);
    // @ts-expect-error some are no options
    const grown = forest(examples, options);
    await expect(grown).rejects.toMatchObject({ code: 'TRS_TREES_OPTION' });
    await expect(grown).rejects.toSatisfy((error: Error & { hint: string }) =>
      `${error.message} ${error.hint}`.includes(words),
    );
  });

  it('ends when it is told to, with the reason', async () => {
    const rows = Array.from({ length: 3_000 }, (_, row) => ({
      x: [Math.sin(row), Math.cos(3 * row), row % 7],
      y: row % 4,
    }));
    const ending = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => ending.abort(reason), 60);
    await expect(
      forest(examplesOf(rows), { objective: 'gini', classes: 4, trees: 100_000 }, { signal: ending.signal }),
    ).rejects.toBe(reason);
  });
});
