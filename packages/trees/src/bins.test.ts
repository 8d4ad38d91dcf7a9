import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thresholdsOf } from './bins.ts';

const values = fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.double({ noDefaultInfinity: true })), {
  maxLength: 400,
});

describe('the bins of a column', () => {
  it('end in ascending order, each with values in it, as many as allowed at most', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 255 }), (given, most) => {
        const edges = thresholdsOf(Float64Array.from(given), most, false);
        expect(edges.length).toBeLessThan(most);
        const bins = [Number.NEGATIVE_INFINITY, ...edges, Number.POSITIVE_INFINITY];
        const present = given.filter((value) => !Number.isNaN(value));
        for (const [at, edge] of bins.slice(1).entries()) {
          expect(edge).toBeGreaterThan(bins[at] ?? Number.NaN);
          if (present.length > 0)
            expect(present.some((value) => value > (bins[at] ?? 0) && value <= edge)).toBe(true);
        }
      }),
    );
  });

  it('are one a value where there are few', () => {
    expect([...thresholdsOf(Float64Array.of(3, 1, 2, 1, Number.NaN), 255, false)]).toEqual([1.5, 2.5]);
  });

  it('have as many rows each as ties allow, and a frequent value has one alone', () => {
    const even = Float64Array.from({ length: 1_000 }, (_, row) => row);
    expect([...thresholdsOf(even, 4, false)]).toEqual([249.5, 499.5, 749.5]);
    const frequent = Float64Array.from({ length: 1_000 }, (_, row) => (row < 600 ? 500 : row));
    const edges = thresholdsOf(frequent, 5, false);
    expect(edges).toHaveLength(4);
    expect(edges[0]).toBe(550);
  });
});
