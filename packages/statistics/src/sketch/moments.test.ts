import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeMoments, momentsAround, shapeOf } from './moments.ts';
import type { Moments } from './sketches.ts';

const numbers = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { maxLength: 50 });

/** By their definition. */
function momentsOf(values: readonly number[]): Moments {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const power = (k: number) => values.reduce((sum, value) => sum + (value - mean) ** k, 0);
  return { count: values.length, mean, m2: power(2), m3: power(3), m4: power(4) };
}

function expectSame(found: Moments | null, expected: Moments): void {
  const scale = 1e3;
  expect(found?.count).toBe(expected.count);
  for (const [index, key] of (['mean', 'm2', 'm3', 'm4'] as const).entries())
    expect(Math.abs((found?.[key] ?? Number.NaN) - expected[key])).toBeLessThanOrEqual(
      1e-11 * (1 + expected.count) * scale ** (index + 1),
    );
}

describe('moments', () => {
  it('are those of all numbers when they are merged, in any order and grouping', () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, (a, b, c) => {
        const whole = momentsOf([...a, ...b, ...c]);
        const [x, y, z] = [momentsOf(a), momentsOf(b), momentsOf(c)];
        expectSame(mergeMoments(mergeMoments(x, y), z), whole);
        expectSame(mergeMoments(z, mergeMoments(y, x)), whole);
      }),
    );
  });

  it('follow from powers around anything near the mean', () => {
    fc.assert(
      fc.property(numbers, fc.double({ min: -10, max: 10, noNaN: true }), (values, beside) => {
        const expected = momentsOf(values);
        const centre = expected.mean + beside;
        const powers = [1, 2, 3, 4].map((k) => values.reduce((sum, value) => sum + (value - centre) ** k, 0));
        expectSame(momentsAround(centre, values.length, powers), expected);
      }),
    );
  });

  it('are not told of numbers whose powers a double cannot hold', () => {
    expect(momentsAround(0, 2, [0, Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY])).toBeNull();
  });

  it('say how values are spread', () => {
    // scipy.stats.skew and kurtosis of these, and the standard deviation of a sample.
    const { std, skewness, kurtosis } = shapeOf(momentsOf([1, 2, 3, 4, 10]));
    expect(std).toBeCloseTo(3.5355339059, 9);
    expect(skewness).toBeCloseTo(1.1384199577, 9);
    expect(kurtosis).toBeCloseTo(-0.212, 9);
    expect(shapeOf(momentsOf([5, 5]))).toEqual({ std: 0, skewness: null, kurtosis: null });
  });
});
