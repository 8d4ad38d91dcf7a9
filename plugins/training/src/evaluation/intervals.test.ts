import { describe, expect, it } from 'vitest';
import { groupDraws, rowDraws } from './draws.ts';
import { bootstrap } from './intervals.ts';

const { signal } = new AbortController();

describe('an interval by the bootstrap', () => {
  it('is as wide as the theory of means says', async () => {
    const rows = 1_000;
    const hits = Float64Array.from({ length: rows }, (_, row) => Number(row % 5 > 0));
    const accuracy = (places: Int32Array) => ({
      accuracy: places.reduce((sum, place) => sum + (hits[place] ?? 0), 0) / places.length,
    });
    const { accuracy: [low, high] = [0, 0] } = await bootstrap(rowDraws(rows, 7), accuracy, signal);
    // 0.8 ± 1.96 sqrt(0.8 x 0.2 / 1000)
    expect(low).toBeCloseTo(0.7752, 2);
    expect(high).toBeCloseTo(0.8248, 2);
  });

  it('is wider where rows of one group are alike', async () => {
    const groups = Array.from({ length: 1_000 }, (_, row) => `person ${Math.floor(row / 20)}`);
    const hits = Float64Array.from(groups, (_, row) => Number(Math.floor(row / 20) % 5 > 0));
    const accuracy = (places: Int32Array) => ({
      accuracy: places.reduce((sum, place) => sum + (hits[place] ?? 0), 0) / places.length,
    });
    const { accuracy: [low, high] = [0, 0] } = await bootstrap(groupDraws(groups, 7), accuracy, signal);
    // 0.8 ± 1.96 sqrt(0.8 x 0.2 / 50): there are 50 persons, and what is known of one is one fact.
    expect(low).toBeCloseTo(0.689, 1);
    expect(high).toBeCloseTo(0.911, 1);
    expect(high - low).toBeGreaterThan(0.17);
  });

  it('is not given of a metric that is no number in one of the samples', async () => {
    let asked = 0;
    const measured = () => ({ sure: 1, odd: asked++ === 3 ? null : 0.5 });
    expect(await bootstrap(rowDraws(10, 1), measured, signal)).toEqual({ sure: [1, 1] });
  });

  it('ends when it is told to', async () => {
    const reason = new Error('enough');
    await expect(bootstrap(rowDraws(10, 1), () => ({ one: 1 }), AbortSignal.abort(reason))).rejects.toBe(
      reason,
    );
  });
});
