import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mcnemarTest } from './hypothesis/mcnemar.ts';
import { compareRocAuc } from './metric/delong.ts';
import { rocAuc } from './metric/ranking.ts';

// Made by fixtures/compare-values.R.
const known = z
  .object({
    outcome: z.array(z.number()),
    markers: z.record(z.string(), z.array(z.number())),
    tests: z.array(
      z.object({
        first: z.string(),
        second: z.string(),
        areas: z.tuple([z.number(), z.number()]),
        z: z.number(),
        pValue: z.number(),
      }),
    ),
    mcnemar: z.array(z.tuple([z.number(), z.number(), z.number()])),
  })
  .parse(JSON.parse(readFileSync(new URL('./fixtures/compare-values.json', import.meta.url), 'utf8')));

const scored = fc
  .array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 })), {
    minLength: 2,
    maxLength: 60,
  })
  .filter((rows) => new Set(rows.map(([label]) => label)).size === 2)
  .map((rows) => ({
    labels: rows.map(([label]) => Number(label)),
    a: rows.map(([, score]) => score),
    b: rows.map(([, , score]) => score),
  }));

describe('two ROC curves on the same rows', () => {
  it.each(known.tests)(
    '$first and $second differ as pROC says',
    ({ first, second, areas, z: value, pValue }) => {
      const found = compareRocAuc(known.outcome, known.markers[first] ?? [], known.markers[second] ?? []);
      expect(found.first).toBeCloseTo(areas[0], 12);
      expect(found.second).toBeCloseTo(areas[1], 12);
      expect(-found.difference / found.standardError).toBeCloseTo(value, 10);
      expect(found.pValue).toBeCloseTo(pValue, 12);
    },
  );

  it('have the areas that each has alone, and the other difference in the other order', () => {
    fc.assert(
      fc.property(scored, ({ labels, a, b }) => {
        const [found, turned] = [compareRocAuc(labels, a, b), compareRocAuc(labels, b, a)];
        expect(found.first).toBeCloseTo(rocAuc(labels, a), 12);
        expect(found.second).toBeCloseTo(rocAuc(labels, b), 12);
        expect(turned.difference).toBeCloseTo(-found.difference, 12);
        expect(turned.pValue).toBeCloseTo(found.pValue, 12);
      }),
    );
  });

  it('do not differ where they are one', () => {
    fc.assert(
      fc.property(scored, ({ labels, a }) => {
        expect(compareRocAuc(labels, a, a)).toMatchObject({ difference: 0, standardError: 0, pValue: 1 });
      }),
    );
  });
});

describe("McNemar's test", () => {
  it.each(known.mcnemar)('of %i and %i rows is the binomial one of a half', (first, second, pValue) => {
    expect(mcnemarTest(first, second)).toBeCloseTo(pValue, 10);
    expect(mcnemarTest(second, first)).toBeCloseTo(pValue, 10);
  });
});
