import { accuracy, rocAuc, rootMeanSquaredError, seeded } from '@trestle/statistics';
import { describe, expect, it } from 'vitest';
import { calibrate, estimateBinary, estimateRegression, recalibrated } from './estimate.ts';

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const normals = (random: () => number) => (): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

describe('the recalibration', () => {
  it('finds the intercept and the slope by which probabilities are off', () => {
    const random = seeded(1);
    const normal = normals(random);
    const logits = Array.from({ length: 20_000 }, () => 1.5 * normal());
    const targets = logits.map((x) => (random() < logistic(0.7 + 0.5 * x) ? 1 : 0));
    const { coefficients } = calibrate(logits.map(logistic), targets);
    expect(coefficients[0]).toBeCloseTo(0.7, 1);
    expect(coefficients[1]).toBeCloseTo(0.5, 1);
  });
  it('changes little of few labels, and stands labels of one class', () => {
    const { coefficients } = calibrate([0.4, 0.6], [1, 1]);
    expect(recalibrated(coefficients, 0.5)).toBeGreaterThan(0.5);
    expect(recalibrated(coefficients, 0.5)).toBeLessThan(0.85);
    expect(calibrate([], []).coefficients).toEqual([0, 1]);
  });
});

describe('metrics that are estimated without labels', () => {
  it('have intervals that hold what the labels say in 19 of 20 windows, of a model that is not calibrated', () => {
    const held = { rocAuc: 0, accuracy: 0 };
    const windows = 25;
    for (let seed = 1; seed <= windows; seed++) {
      const random = seeded(100 + seed);
      const normal = normals(random);
      const drawn = (rows: number, shift: number) => {
        const logits = Array.from({ length: rows }, () => shift + 1.5 * normal());
        // The model is too sure of itself by half.
        return {
          scores: logits.map((x) => logistic(1.5 * x)),
          targets: logits.map((x) => (random() < logistic(x) ? 1 : 0)),
        };
      };
      const past = drawn(400, 0);
      // Covariates move; what they mean does not.
      const now = drawn(200, 0.5);
      const said = now.scores.map((score) => (score >= 0.5 ? 1 : 0));
      const found = estimateBinary(now.scores, said, calibrate(past.scores, past.targets), 0.95, seed);
      const truth = { rocAuc: rocAuc(now.targets, now.scores), accuracy: accuracy(now.targets, said) };
      for (const name of ['rocAuc', 'accuracy'] as const) {
        const interval = found.find(({ metric }) => metric === name)?.interval;
        if (interval && truth[name] >= interval.low && truth[name] <= interval.high) held[name] += 1;
      }
    }
    // Of 25 windows 24 are expected; fewer than 20 come in one of a thousand runs.
    expect(held.rocAuc).toBeGreaterThanOrEqual(20);
    expect(held.accuracy).toBeGreaterThanOrEqual(20);
  });

  it('of numbers follow where errors are large: intervals hold the error that the labels say', () => {
    let held = 0;
    const windows = 40;
    for (let seed = 1; seed <= windows; seed++) {
      const random = seeded(500 + seed);
      const normal = normals(random);
      const drawn = (rows: number, from: number) => {
        const predicted = Array.from({ length: rows }, () => from + (1 - from) * random());
        return { predicted, errors: predicted.map((x) => (0.2 + x) * normal()) };
      };
      const [past, now] = [drawn(1_000, 0), drawn(400, 0.5)];
      const interval = estimateRegression(now.predicted, past, 0.95, seed)[0]?.interval;
      const truth = rootMeanSquaredError(now.errors, new Float64Array(now.errors.length));
      if (interval && truth >= interval.low && truth <= interval.high) held += 1;
    }
    expect(held).toBeGreaterThanOrEqual(33);
  });
});
