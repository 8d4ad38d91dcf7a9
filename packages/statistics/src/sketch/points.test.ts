import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantile } from '../quantile.ts';
import { binsBetween, histogramOf } from './bins.ts';
import {
  countAtMost,
  mergePoints,
  pointsOf,
  quantileAt,
  quantileOfCounts,
  thinPoints,
  totalOf,
} from './points.ts';
import { POINT_LEVELS, type Points } from './sketches.ts';

/** Numbers with many equal ones, far-off ones and gaps. */
const numbers = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.double({ min: -1, max: 1, noNaN: true }) },
    { weight: 2, arbitrary: fc.integer({ min: -3, max: 3 }) },
    { weight: 1, arbitrary: fc.double({ min: -1e9, max: 1e9, noNaN: true }) },
  ),
  { minLength: 1, maxLength: 3_000 },
);
const RUNS = { numRuns: 60 };

const exactly = (values: readonly number[]): Points =>
  pointsOf(values.map((value) => [value + 0, 1] as const));
const binsOf = (values: readonly number[]) => binsBetween(Math.min(...values), Math.max(...values));
const thinned = (values: readonly number[]): Points => {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value + 0, (counts.get(value + 0) ?? 0) + 1);
  return thinPoints(pointsOf([...counts]), binsOf(values));
};
const atMost = (values: readonly number[], value: number): number =>
  values.filter((one) => one <= value).length;

describe('points', () => {
  it('of all numbers have the quantiles of the numbers themselves', () => {
    expect(quantileOfCounts(exactly([1, 2, 3, 4]), 0.5)).toBe(2.5);
    expect(quantileOfCounts(exactly([-1.7e308, 1.7e308]), 0.5)).toBe(0);
    expect(quantileOfCounts(pointsOf([]), 0.5)).toBeNaN();
    fc.assert(
      fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const counts = new Map<number, number>();
        for (const value of values) counts.set(value + 0, (counts.get(value + 0) ?? 0) + 1);
        const sorted = values.map((value) => value + 0).toSorted((a, b) => a - b);
        expect(quantileOfCounts(pointsOf([...counts]), share)).toBe(quantile(sorted, share));
      }),
      RUNS,
    );
  });

  it('are few, and keep histogram and quantiles as they were', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const points = thinned(values);
        const sorted = values.toSorted((a, b) => a - b);
        expect(points.values.length).toBeLessThanOrEqual(2 * POINT_LEVELS + 40);
        for (const level of [1, 20, 50, 100, 199])
          expect(quantileAt(points, level)).toBe(
            (sorted[Math.ceil((level * values.length) / POINT_LEVELS) - 1] ?? 0) + 0,
          );
        const bins = binsOf(values);
        expect(histogramOf(bins, points)).toEqual(histogramOf(bins, exactly(values)));
      }),
      RUNS,
    );
  });

  it('tell how many numbers are at most any, within a share of all', () => {
    fc.assert(
      fc.property(numbers, fc.double({ min: -2, max: 4, noNaN: true }), (values, value) => {
        const points = thinned(values);
        expect(totalOf(points)).toBe(values.length);
        expect(Math.abs(countAtMost(points, value) - atMost(values, value))).toBeLessThanOrEqual(
          values.length / POINT_LEVELS + 1e-9,
        );
      }),
      RUNS,
    );
  });

  it('are the same merged in any order, and no further off than a share', () => {
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 2, maxLength: 5 }), (lists) => {
        const values = lists.flat();
        const bins = binsOf(values);
        const merged = mergePoints(lists.map(thinned), bins);
        expect(mergePoints(lists.toReversed().map(thinned), bins)).toEqual(merged);
        expect(totalOf(merged)).toBe(values.length);
        for (const [index, value] of merged.values.entries())
          expect(Math.abs((merged.below[index] ?? 0) - atMost(values, value))).toBeLessThanOrEqual(
            values.length / POINT_LEVELS + 1,
          );
      }),
      RUNS,
    );
  });

  it('are nothing of nothing', () => {
    expect(mergePoints([], undefined)).toEqual({ values: [], below: [] });
    expect(quantileAt(pointsOf([]), 100)).toBeUndefined();
    expect(countAtMost(pointsOf([]), 1)).toBe(0);
  });
});
