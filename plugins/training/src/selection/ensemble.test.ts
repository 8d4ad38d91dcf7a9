import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectEnsemble } from './ensemble.ts';

/** The mean squared distance from zeros. */
const square = (scores: Float64Array): number =>
  scores.reduce((sum, one) => sum + one ** 2, 0) / scores.length;

const meanOf = (scores: readonly Float64Array[], weights: readonly number[]): Float64Array =>
  Float64Array.from(scores[0] ?? [], (_, at) =>
    scores.reduce((sum, one, place) => sum + (weights[place] ?? 0) * (one[at] ?? 0), 0),
  );

describe('an ensemble', () => {
  it('takes candidates whose errors cancel, by how much each of them errs', () => {
    const scores = [Float64Array.of(1, 1), Float64Array.of(-3, -3), Float64Array.of(9, 9)];
    const weights = selectEnsemble(scores, square);
    expect(weights[0]).toBeCloseTo(0.75, 10);
    expect(weights[1]).toBeCloseTo(0.25, 10);
    expect(weights[2]).toBe(0);
  });

  it('has no more members than there is time for one row', () => {
    const scores = [Float64Array.of(1, 1), Float64Array.of(-3, -3), Float64Array.of(-2, 0)];
    const weigh = (limit: number) => selectEnsemble(scores, square, { times: [1, 2, 1], limit });
    expect(weigh(4).filter((weight) => weight > 0).length).toBeGreaterThan(1);
    expect(weigh(2)[1]).toBe(0);
    expect(weigh(1)).toEqual([1, 0, 0]);
  });

  it('is one candidate where the others only make it worse', () => {
    expect(selectEnsemble([Float64Array.of(3, 4), Float64Array.of(1, 0)], square)).toEqual([0, 1]);
  });

  it('has weights that add up to 1 and loses no more than the best candidate', () => {
    const value = fc.double({ min: -100, max: 100, noNaN: true });
    const candidates = fc
      .integer({ min: 1, max: 6 })
      .chain((rows) =>
        fc.array(fc.array(value, { minLength: rows, maxLength: rows }), { minLength: 1, maxLength: 6 }),
      );
    fc.assert(
      fc.property(candidates, (lists) => {
        const scores = lists.map((list) => Float64Array.from(list));
        const weights = selectEnsemble(scores, square);
        expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
        const least = Math.min(...scores.map(square));
        expect(square(meanOf(scores, weights))).toBeLessThanOrEqual(least * (1 + 1e-9) + 1e-12);
      }),
    );
  });

  it('leaves out a candidate whose scores are no numbers', () => {
    expect(selectEnsemble([Float64Array.of(Number.NaN, 0), Float64Array.of(5, 5)], square)).toEqual([0, 1]);
  });
});
