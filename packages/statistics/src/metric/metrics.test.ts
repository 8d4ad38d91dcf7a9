import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accuracy, brierScore, f1Score, logLoss } from './classification.ts';
import { averagePrecision, rocAuc } from './ranking.ts';
import { meanAbsoluteError, rootMeanSquaredError, rSquared } from './regression.ts';

const labels = [1, 0, 1, 1, 0, 0, 1, 0];
const scores = [0.9, 0.8, 0.8, 0.4, 0.4, 0.35, 0.3, 0.1];

const rows = fc
  .array(fc.tuple(fc.constantFrom(0, 1), fc.integer({ min: 0, max: 64 })), {
    minLength: 4,
    maxLength: 60,
  })
  .filter((pairs) => new Set(pairs.map(([label]) => label)).size === 2);

describe('metrics', () => {
  // By hand from the definitions: 11.0 of the 16 pairs are won, ties counting half.
  it('rank with ties as defined', () => {
    expect(rocAuc(labels, scores)).toBeCloseTo(11 / 16, 12);
    expect(averagePrecision(labels, scores)).toBeCloseTo(
      (1 / 1) * 0.25 + (2 / 3) * 0.25 + (3 / 5) * 0.25 + (4 / 7) * 0.25,
      12,
    );
  });

  it('measure probabilities and decisions as defined', () => {
    const decided = scores.map((score) => Number(score >= 0.5));
    expect(accuracy(labels, decided)).toBe(5 / 8);
    expect(f1Score(labels, decided)).toBeCloseTo(4 / 7, 12);
    expect(brierScore([1, 0], [0.8, 0.4])).toBeCloseTo(0.1, 12);
    expect(logLoss([1, 0], [0.8, 0.4])).toBeCloseTo(-(Math.log(0.8) + Math.log(0.6)) / 2, 12);
    expect(Number.isFinite(logLoss([1], [0]))).toBe(true);
  });

  it('measure regressions as defined', () => {
    expect(rootMeanSquaredError([1, 2, 3], [1, 2, 5])).toBeCloseTo(Math.sqrt(4 / 3), 12);
    expect(meanAbsoluteError([1, 2, 3], [1, 2, 5])).toBeCloseTo(2 / 3, 12);
    expect(rSquared([1, 2, 3], [1, 2, 5])).toBeCloseTo(-1, 12);
  });

  it('do not depend on the scale of the scores, and turn over with them', () => {
    fc.assert(
      fc.property(rows, (pairs) => {
        const y = pairs.map(([label]) => label);
        const s = pairs.map(([, score]) => score / 64);
        const auc = rocAuc(y, s);
        expect(
          rocAuc(
            y,
            s.map((score) => score * 8 + 1),
          ),
        ).toBeCloseTo(auc, 5);
        expect(
          rocAuc(
            y,
            s.map((score) => -score),
          ),
        ).toBeCloseTo(1 - auc, 9);
        expect(averagePrecision(y, y)).toBe(1);
      }),
    );
  });

  it('refuse what they are not defined for', () => {
    expect(() => rocAuc([1, 1], [0.2, 0.3])).toThrowError(
      expect.objectContaining({ code: 'TRS_STATISTICS_SINGLE_CLASS' }),
    );
    expect(() => accuracy([], [])).toThrowError(expect.objectContaining({ code: 'TRS_STATISTICS_EMPTY' }));
    expect(() => logLoss([1], [])).toThrowError(expect.objectContaining({ code: 'TRS_STATISTICS_LENGTHS' }));
  });
});
