import { describe, expect, it } from 'vitest';
import { boost, permutationImportance } from './index.ts';

const ROWS = 600;
const rows = Array.from({ length: ROWS }, (_, row) => [
  Math.sin(row) * 3,
  Math.cos(7 * row) * 3,
  (row * 37) % 11,
  5,
]);
const targets = rows.map(([a = 0, b = 0]) => 2 * a + 0.5 * b);
const table = { rows: ROWS, width: 4, matrix: Float64Array.from(rows.flat()) };
const judge = (predictions: Float64Array): number =>
  -predictions.reduce((sum, value, row) => sum + (value - (targets[row] ?? 0)) ** 2, 0) / ROWS;

describe('importance by shuffling', () => {
  it('is what the target hangs on, in that order, and 0 of what no tree asks for', async () => {
    const { forest } = await boost(
      { ...table, targets },
      { objective: 'squaredError', rounds: 40, minGain: 5 },
    );
    const { score, mean, deviation } = await permutationImportance(forest, table, judge);
    expect(score).toBeGreaterThan(-0.2);
    // Shuffling adds twice the variance of what the column does: 2 x 4 x 4.5 and 2 x 0.25 x 4.5.
    expect(mean[0]).toBeGreaterThan(30);
    expect(mean[0]).toBeLessThan(42);
    expect(mean[1]).toBeGreaterThan(1.7);
    expect(mean[1]).toBeLessThan(2.8);
    expect([mean[3], deviation[3]]).toEqual([0, 0]);
    expect(deviation[0]).toBeGreaterThan(0);
  });

  it('is the same of the same seed, and leaves the table as it is', async () => {
    const { forest } = await boost({ ...table, targets }, { objective: 'squaredError', rounds: 5 });
    const before = table.matrix.slice();
    const found = await permutationImportance(forest, table, judge, { seed: 3, repeats: 2 });
    expect(await permutationImportance(forest, table, judge, { seed: 3, repeats: 2 })).toEqual(found);
    expect(table.matrix).toEqual(before);
  });

  it('refuses to be asked for nothing', async () => {
    const { forest } = await boost({ ...table, targets }, { objective: 'squaredError', rounds: 2 });
    await expect(permutationImportance(forest, table, judge, { repeats: 0 })).rejects.toMatchObject({
      code: 'TRS_TREES_OPTION',
    });
  });

  it('ends when it is told to, with the reason', async () => {
    const { forest } = await boost({ ...table, targets }, { objective: 'squaredError', rounds: 2 });
    const reason = new Error('enough');
    await expect(
      permutationImportance(forest, table, judge, { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
  });
});
