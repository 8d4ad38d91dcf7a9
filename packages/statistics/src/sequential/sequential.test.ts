import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { seeded } from '../hypothesis/seeded.ts';
import { type Compared, excessSequence } from './excess.ts';
import { meanSequence } from './mean.ts';
import { proportionSequence } from './proportion.ts';
import { rateRatioEvidence, rateRatioSequence, type Sequence, type Stratum } from './rate-ratio.ts';

// Made by fixtures/sequential-values.py: numeric quadrature and root finding of SciPy.
const scipy = z
  .object({
    ratios: z.array(
      z.object({
        strata: z.array(z.tuple([z.number(), z.number(), z.number()])),
        alpha: z.number(),
        evidence: z.number(),
        low: z.number(),
        high: z.number().nullable(),
      }),
    ),
    proportions: z.array(
      z.object({
        events: z.number(),
        trials: z.number(),
        alpha: z.number(),
        low: z.number(),
        high: z.number(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../fixtures/sequential-values.json', import.meta.url), 'utf8')));

const counts = fc.integer({ min: 0, max: 5_000 });
const strata = fc.array(
  fc.record({
    share: fc.double({ min: 0.001, max: 0.999, noNaN: true }),
    champion: counts,
    challenger: counts,
  }),
  { minLength: 1, maxLength: 5 },
);
const isIn = ({ low, high }: Sequence, value: number): boolean => low <= value && value <= high;

describe('the ratio of two rates', () => {
  it.each(scipy.ratios)(
    'is what SciPy integrates: $strata at $alpha',
    ({ strata, alpha, evidence, low, high }) => {
      const given = strata.map(([share, champion, challenger]) => ({ share, champion, challenger }));
      expect(rateRatioEvidence(given)).toBeCloseTo(evidence, 6);
      const found = rateRatioSequence(given, alpha);
      expect(found.low).toBeCloseTo(low, 6);
      if (high === null) expect(found.high).toBe(Number.POSITIVE_INFINITY);
      else expect(found.high / high).toBeCloseTo(1, 6);
    },
  );

  it('holds the likeliest ratio between its bounds, wider for a smaller alpha, the inverse when the versions change places', () => {
    fc.assert(
      fc.property(strata, (given) => {
        const found = rateRatioSequence(given, 0.05);
        const turned = rateRatioSequence(
          given.map(({ share, champion, challenger }) => ({
            share: 1 - share,
            champion: challenger,
            challenger: champion,
          })),
          0.05,
        );
        const stricter = rateRatioSequence(given, 0.001);
        if (found.estimate !== null) expect(isIn(found, found.estimate)).toBe(true);
        expect(stricter.low).toBeLessThanOrEqual(found.low);
        expect(stricter.high).toBeGreaterThanOrEqual(found.high);
        if (Number.isFinite(found.high)) expect(turned.low * found.high).toBeCloseTo(1, 5);
        // Out of the interval exactly when the e-value says so.
        expect(rateRatioEvidence(given) >= Math.log(1 / 0.05)).toBe(!isIn(found, 1));
      }),
      { numRuns: 60 },
    );
  });

  it('says nothing of no events', () => {
    const none = [{ share: 0.5, champion: 0, challenger: 0 }];
    expect(rateRatioSequence(none, 0.05)).toEqual({ estimate: null, low: 0, high: Number.POSITIVE_INFINITY });
    expect(rateRatioEvidence(none)).toBe(0);
  });

  it('is left by the truth no more often than alpha, looked at after each event, while the share moves', () => {
    const [alpha, runs] = [0.1, 120];
    let alarms = 0;
    for (let run = 0; run < runs; run++) {
      const random = seeded(run + 1);
      const steps: Stratum[] = [];
      let isOut = false;
      for (const share of [0.05, 0.25, 0.5]) {
        let [champion, challenger] = [0, 0];
        for (let event = 0; event < 60 && !isOut; event++) {
          if (random() < share) challenger += 1;
          else champion += 1;
          isOut = rateRatioEvidence([...steps, { share, champion, challenger }]) >= Math.log(1 / alpha);
        }
        steps.push({ share, champion, challenger });
      }
      if (isOut) alarms += 1;
    }
    // Two standard errors above the promise.
    expect(alarms / runs).toBeLessThanOrEqual(alpha + 2 * Math.sqrt((alpha * (1 - alpha)) / runs));
    expect(alarms).toBeGreaterThan(0);
  });
});

describe('a proportion', () => {
  it.each(scipy.proportions)(
    'is what SciPy finds: $events of $trials at $alpha',
    ({ events, trials, alpha, low, high }) => {
      const found = proportionSequence(events, trials, alpha);
      expect(found.low).toBeCloseTo(low, 8);
      expect(found.high).toBeCloseTo(high, 8);
    },
  );

  it('of no event is bounded in closed form', () => {
    // 0 of n: (1 - p)^n = alpha · B(1/2, n + 1/2) / B(1/2, 1/2); for n = 1 the quotient is 1/2.
    expect(proportionSequence(0, 1, 0.05).high).toBeCloseTo(1 - 0.05 / 2, 12);
    expect(proportionSequence(0, 0, 0.05)).toEqual({ estimate: null, low: 0, high: 1 });
  });
});

describe('a mean', () => {
  it('has the width of theorem 2.2, and none before 30 numbers', () => {
    // 1,000 numbers of variance 4; rho² = (-2 ln 0.05 + ln(-2 ln 0.05) + 1) / 1000 = 0.008782; by hand.
    const { low, high } = meanSequence({ count: 1_000, mean: 7, m2: 4_000 }, 0.05);
    expect(high - low).toBeCloseTo(
      2 * Math.sqrt((4 * 2 * 9.78198) / (1e6 * 0.00878198)) * Math.sqrt(Math.log(Math.sqrt(9.78198) / 0.05)),
      4,
    );
    expect((low + high) / 2).toBeCloseTo(7, 12);
    expect(meanSequence({ count: 29, mean: 7, m2: 1 }, 0.05).high).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the excess of one rate over another', () => {
  const arms = fc.record({
    of: fc.integer({ min: 1, max: 5_000 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const compared = fc.array(
    fc.record({ share: fc.double({ min: 0.01, max: 0.99, noNaN: true }), champion: arms, challenger: arms }),
    { minLength: 1, maxLength: 4 },
  );
  const withEvents = ({ of, part }: { of: number; part: number }) => ({ of, events: Math.floor(of * part) });

  it('is above 0 exactly when the ratio is above 1, and never beyond what two rates can differ by', () => {
    fc.assert(
      fc.property(compared, (given) => {
        const steps: Compared[] = given.map(({ share, champion, challenger }) => ({
          share,
          champion: withEvents(champion),
          challenger: withEvents(challenger),
        }));
        const { estimate, low, high } = excessSequence(steps, 0.02);
        const ratio = rateRatioSequence(
          steps.map(({ share, champion, challenger }) => ({
            share,
            champion: champion.events,
            challenger: challenger.events,
          })),
          0.01,
        );
        expect(low > 0).toBe(ratio.low > 1);
        expect([low >= -1, high <= 1, estimate === null || (low <= estimate && estimate <= high)]).toEqual([
          true,
          true,
          true,
        ]);
      }),
      { numRuns: 60 },
    );
  });

  it('is above 0 where the challenger alone fails', () => {
    const broken = { share: 0.01, champion: { of: 900, events: 0 }, challenger: { of: 9, events: 9 } };
    expect(excessSequence([broken], 0.01).low).toBeGreaterThan(0.2);
  });

  it('is bounded by the rate of the challenger where nothing happened to either', () => {
    const nothing = {
      share: 0.05,
      champion: { of: 20_000, events: 0 },
      challenger: { of: 1_000, events: 0 },
    };
    const { low, high } = excessSequence([nothing], 0.01);
    expect(low).toBeLessThanOrEqual(0);
    expect(high).toBeCloseTo(proportionSequence(0, 1_000, 0.0025).high, 12);
  });
});
