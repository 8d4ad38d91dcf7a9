import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jensenShannonDistance } from './distance/jensen-shannon.ts';
import { populationStabilityIndex } from './distance/population-stability.ts';
import { benjaminiHochberg } from './hypothesis/benjamini-hochberg.ts';
import { chiSquaredSurvival, chiSquaredTest } from './hypothesis/chi-squared.ts';
import { kolmogorovSmirnovTest, kolmogorovSurvival } from './hypothesis/kolmogorov-smirnov.ts';

const countedSchema = z.object({
  reference: z.array(z.number()),
  current: z.array(z.number()),
  pValue: z.number(),
});

// Made by fixtures/scipy-values.py with scipy 1.10.1 (Debian's python3-scipy).
const scipy = z
  .object({
    samples: z.array(
      z.object({
        reference: z.array(z.number()),
        current: z.array(z.number()),
        chi2: z.number(),
        chi2P: z.number(),
        ks: z.number(),
        js: z.number(),
      }),
    ),
    chi2_sf: z.array(z.tuple([z.number(), z.number(), z.number()])),
    kolmogorov: z.array(z.tuple([z.number(), z.number()])),
    /** Each row of both samples in order: whether it is of the current one. */
    exact: z.array(z.object({ current: z.string(), statistic: z.number(), pValue: z.number() })),
    tied: z.array(countedSchema),
    fourfold: z.array(countedSchema),
  })
  .parse(JSON.parse(readFileSync(new URL('./fixtures/scipy-values.json', import.meta.url), 'utf8')));

const countsOf = (length: number) =>
  fc.array(fc.integer({ min: 0, max: 500 }), { minLength: length, maxLength: length });
const twoSamples = fc.integer({ min: 2, max: 12 }).chain((bins) => fc.tuple(countsOf(bins), countsOf(bins)));

const relativeError = (ours: number, theirs: number): number =>
  Math.abs(ours - theirs) / Math.max(Math.abs(theirs), 1e-300);

describe('chi-squared', () => {
  it.each(scipy.chi2_sf)('survival of %d with %d degrees is scipy.stats.chi2.sf', (x, degrees, expected) => {
    expect(relativeError(chiSquaredSurvival(x, degrees), expected)).toBeLessThan(1e-10);
  });

  it.each(scipy.samples)('is scipy.stats.chi2_contingency for $reference', (sample) => {
    const result = chiSquaredTest(sample.reference, sample.current);
    expect(relativeError(result.statistic, sample.chi2)).toBeLessThan(1e-12);
    expect(relativeError(result.pValue, sample.chi2P)).toBeLessThan(1e-9);
  });

  it.each(scipy.fourfold)('of two categories, one of them rare, is hypergeometric: $current', (sample) => {
    const { pValue } = chiSquaredTest(sample.reference, sample.current);
    expect(relativeError(pValue, sample.pValue)).toBeLessThan(1e-9);
  });

  it('sees a thousand values that nobody saw before, each of them once', () => {
    const [seen, unseen] = [new Array<number>(1_000).fill(3), new Array<number>(500).fill(0)];
    const now = [...new Array<number>(1_000).fill(0), ...new Array<number>(500).fill(1)];
    expect(chiSquaredTest([...seen, ...unseen], now).pValue).toBeLessThan(1e-6);
  });

  it('says nothing of values that all come once', () => {
    const once = [new Array<number>(300).fill(1), new Array<number>(200).fill(0)].flat();
    const others = once.map((count) => 1 - count);
    expect(chiSquaredTest(once, others).pValue).toBe(1);
  });

  it('gives one answer for one pair of samples', () => {
    const rare = [4, 0, 1, 2, 7, 1, 0, 3];
    expect(chiSquaredTest(rare, [1, 2, 0, 3, 1, 1, 4, 0])).toEqual(
      chiSquaredTest(rare, [1, 2, 0, 3, 1, 1, 4, 0]),
    );
  });

  it('finds nothing in an empty sample', () => {
    expect(chiSquaredTest([10, 20], [0, 0])).toEqual({ statistic: 0, pValue: 1 });
  });
});

describe('Kolmogorov–Smirnov', () => {
  it.each(scipy.kolmogorov)('survival at %d is scipy.special.kolmogorov', (x, expected) => {
    expect(Math.abs(kolmogorovSurvival(x) - expected)).toBeLessThan(1e-12);
  });

  it.each(scipy.samples)('has the statistic of scipy.stats.ks_2samp for $reference', (sample) => {
    expect(kolmogorovSmirnovTest(sample.reference, sample.current).statistic).toBeCloseTo(sample.ks, 12);
  });

  it.each(scipy.exact)('without ties is scipy.stats.ks_2samp, exact: p $pValue', (sample) => {
    const current = [...sample.current].map(Number);
    const result = kolmogorovSmirnovTest(
      current.map((one) => 1 - one),
      current,
    );
    expect(result.statistic).toBeCloseTo(sample.statistic, 12);
    expect(relativeError(result.pValue, sample.pValue)).toBeLessThan(1e-9);
  });

  it.each(scipy.tied)('with ties is what all ways to share out $reference and $current give', (sample) => {
    const { pValue } = kolmogorovSmirnovTest(sample.reference, sample.current);
    expect(relativeError(pValue, sample.pValue)).toBeLessThan(1e-9);
  });

  it('of large samples takes the limit, near what all paths give, and no smaller', () => {
    const places = Array.from({ length: 100 }, (_, k) => k);
    const now = places.map((k) => (k < 25 ? 6 : k < 75 ? 5 : 4));
    const [exact, limit] = [19, 21].map(
      (rows) =>
        kolmogorovSmirnovTest(
          places.map(() => rows),
          now,
        ).pValue,
    );
    expect(limit).toBeGreaterThan(exact ?? 1);
    expect(relativeError(limit ?? 0, exact ?? 0)).toBeLessThan(0.25);
  });
});

describe('Jensen–Shannon distance', () => {
  it.each(scipy.samples)('is scipy.spatial.distance.jensenshannon for $reference', (sample) => {
    expect(jensenShannonDistance(sample.reference, sample.current)).toBeCloseTo(sample.js, 12);
  });

  it('is symmetric and between 0 and 1', () => {
    fc.assert(
      fc.property(twoSamples, ([a, b]) => {
        const distance = jensenShannonDistance(a, b);
        expect(distance).toBeGreaterThanOrEqual(0);
        expect(distance).toBeLessThanOrEqual(1 + 1e-12);
        expect(distance).toBeCloseTo(jensenShannonDistance(b, a), 12);
      }),
    );
  });
});

describe('population stability index', () => {
  it('is the formula on smoothed shares', () => {
    // By hand: p = (100.5, 50.5)/151, q = (50.5, 100.5)/151.
    const [p, q] = [100.5 / 151, 50.5 / 151];
    expect(populationStabilityIndex([100, 50], [50, 100])).toBeCloseTo(2 * (p - q) * Math.log(p / q), 12);
  });

  it('is finite when a bin is empty, and never negative', () => {
    fc.assert(
      fc.property(twoSamples, ([a, b]) => {
        const index = populationStabilityIndex(a, b);
        expect(Number.isFinite(index)).toBe(true);
        expect(index).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('Benjamini–Hochberg', () => {
  it('adjusts as R documents: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.5), "BH")', () => {
    expect(benjaminiHochberg([0.01, 0.02, 0.03, 0.04, 0.5])).toEqual([
      expect.closeTo(0.05, 12),
      expect.closeTo(0.05, 12),
      expect.closeTo(0.05, 12),
      expect.closeTo(0.05, 12),
      expect.closeTo(0.5, 12),
    ]);
  });

  it('keeps the order of the p-values and never lowers one', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }), (pValues) => {
        const adjusted = benjaminiHochberg(pValues);
        pValues.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          pValues.forEach((other, j) => {
            if (p < other) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j] ?? 1);
          });
        });
      }),
    );
  });
});
