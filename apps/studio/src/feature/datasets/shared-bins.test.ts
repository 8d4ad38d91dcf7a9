import { describe, expect, it } from 'vitest';
import { sharedBins } from './shared-bins.ts';

const numbers = (...bins: readonly (readonly [from: number, to: number, count: number])[]) => ({
  count: bins.reduce((sum, [, , count]) => sum + count, 0),
  top: [],
  histogram: bins.map(([from, to, count]) => ({ from, to, count })),
});
const texts = (counts: Readonly<Record<string, number>>) => ({
  count: Object.values(counts).reduce((sum, count) => sum + count, 0),
  top: Object.entries(counts).map(([value, count]) => ({ value, count })),
  histogram: [],
});

describe('bins that two profiles share', () => {
  it('reach from the least to the greatest of both, and lose no row', () => {
    const bins = sharedBins(numbers([0, 10, 4], [10, 20, 12]), numbers([10, 30, 3], [30, 80, 6]));
    expect(bins.map(({ label }) => label)).toEqual(
      [0, 10, 20, 30, 40, 50, 60, 70].map((k) => `${k} – ${k + 10}`),
    );
    expect(bins.slice(0, 3).map(({ reference }) => reference)).toEqual([0.25, 0.75, 0]);
    expect(bins[3]?.current).toBeCloseTo(6 / 5 / 9, 12);
    for (const side of ['reference', 'current'] as const)
      expect(bins.reduce((sum, bin) => sum + bin[side], 0)).toBeCloseTo(1, 12);
  });

  it('count a single value once, at an edge and at the end', () => {
    const bins = sharedBins(numbers([5, 5, 7]), numbers([0, 10, 3]));
    expect(bins.map(({ reference }) => reference)).toEqual([0, 0, 0, 0, 1, 0, 0, 0]);
    expect(sharedBins(numbers([10, 10, 7]), numbers([0, 10, 3])).at(-1)?.reference).toBe(1);
  });

  it('are one where both have the same single value', () => {
    expect(sharedBins(numbers([5, 5, 7]), numbers([5, 5, 3]))).toEqual([
      { label: '5', reference: 1, current: 1 },
    ]);
  });

  it('are the most frequent values of both for what is no number', () => {
    expect(sharedBins(texts({ a: 3, b: 1 }), texts({ c: 9, a: 1 }))).toEqual([
      { label: 'c', reference: 0, current: 0.9 },
      { label: 'a', reference: 0.75, current: 0.1 },
      { label: 'b', reference: 0.25, current: 0 },
    ]);
  });

  it('are none where nearly every value is another one', () => {
    expect(sharedBins(texts({}), texts({}))).toEqual([]);
  });
});
