import type { DriftTest } from '@trestle/contracts';
import { describe, expect, it } from 'vitest';

const ALPHA = 0.05;
const WINDOWS = 400;
/** Two standard errors of a share of `ALPHA` among `WINDOWS`. */
const NOISE = 2 * Math.sqrt((ALPHA * (1 - ALPHA)) / WINDOWS);

/** A linear congruential generator: the same numbers on every machine. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Counts of so many rows over bins with these weights. */
function draw(next: () => number, weights: readonly number[], rows: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const counts = weights.map(() => 0);
  for (let row = 0; row < rows; row++) {
    let left = next() * total;
    let bin = 0;
    while (bin < weights.length - 1 && left >= (weights[bin] ?? 0)) left -= weights[bin++] ?? 0;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

const even = (bins: number): number[] => new Array<number>(bins).fill(1);
/** Each bin half as large as the one before, so that most are nearly empty. */
const steep = (bins: number): number[] => Array.from({ length: bins }, (_, bin) => 0.5 ** Math.min(bin, 30));

/** Shares of the reference that lie up to the edges of the bins of rare values, the least and the greatest value included. */
const TAIL_SHARES = [0.01, 0.05, 0.95, 0.99, 1];

/** Numbers of one distribution, in the bins of rare values: their edges are the reference's own. */
function drawTails(next: () => number, before: number, now: number, shift = 0) {
  const reference = Float64Array.from({ length: before }, next).sort();
  const current = Array.from({ length: now }, () => next() + shift);
  const edges = [
    (reference[0] ?? 0) - 1e-9,
    ...TAIL_SHARES.map((share) => reference[Math.ceil(share * before) - 1] ?? 0),
  ];
  const counted = (values: Iterable<number>): number[] => {
    const counts = new Array<number>(edges.length + 1).fill(0);
    for (const value of values) {
      const bin = edges.findIndex((edge) => value <= edge);
      const at = bin === -1 ? edges.length : bin;
      counts[at] = (counts[at] ?? 0) + 1;
    }
    return counts;
  };
  return { reference: counted(reference), current: counted(current) };
}

/** What every drift test must do. Call it inside a vitest file. */
export function driftTestContract(test: DriftTest): void {
  const falseAlarms = (weights: readonly number[], before: number, now: number): number => {
    const next = uniform(weights.length * 7919 + before + now);
    let alarms = 0;
    for (let window = 0; window < WINDOWS; window++) {
      const pair =
        test.bins === 'tails'
          ? drawTails(next, before, now)
          : { reference: draw(next, weights, before), current: draw(next, weights, now) };
      if (test.compare(pair).pValue < ALPHA) alarms += 1;
    }
    return alarms / WINDOWS;
  };

  describe(`${test.name}: drift test contract`, () => {
    it.each([
      ['few bins', even(6), 500, 500],
      ['many bins with few rows each', even(200), 1_000, 500],
      ['bins that are nearly empty', steep(40), 2_000, 300],
      ['a window that is larger than the reference', even(12), 200, 2_000],
    ])('raises no more false alarms than it says: %s', (_, weights, before, now) => {
      expect(falseAlarms(weights, before, now)).toBeLessThanOrEqual(ALPHA + NOISE);
    });

    it('finds what has moved from one end to the other', () => {
      const next = uniform(5);
      const weights = [8, 4, 2, 1, 1, 1];
      const pair =
        test.bins === 'tails'
          ? drawTails(next, 500, 500, 0.2)
          : { reference: draw(next, weights, 500), current: draw(next, weights.toReversed(), 500) };
      expect(test.compare(pair).pValue).toBeLessThan(0.001);
    });

    it('says nothing where there is nothing, or nothing to compare', () => {
      for (const pair of [
        { reference: even(7).fill(0), current: even(7).fill(0) },
        { reference: [0, 1, 4, 90, 4, 1, 0], current: even(7).fill(0) },
        { reference: [], current: [] },
        { reference: [7], current: [9] },
      ])
        expect(test.compare(pair), JSON.stringify(pair)).toMatchObject({ pValue: 1 });
    });

    it('gives a number and a probability, the same twice', () => {
      const next = uniform(6);
      const pair = { reference: draw(next, even(9), 90), current: draw(next, even(9), 30) };
      const { statistic, pValue } = test.compare(pair);
      expect(Number.isFinite(statistic)).toBe(true);
      expect(pValue).toBeGreaterThanOrEqual(0);
      expect(pValue).toBeLessThanOrEqual(1);
      expect(test.compare(pair)).toEqual({ statistic, pValue });
    });
  });
}
