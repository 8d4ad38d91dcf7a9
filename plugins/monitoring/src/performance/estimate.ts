import { metricTable, type Predictions, quantile, seeded } from '@trestle/statistics';
import type { MeasuredMetric } from './model-performance.ts';

/** Draws of an interval. */
const DRAWS = 200;

export type Coefficients = readonly [intercept: number, slope: number];

/** A logistic recalibration of probabilities, with how sure its two coefficients are. */
export interface Calibration {
  readonly coefficients: Coefficients;
  /** Covariance: of the intercept, of both, of the slope. */
  readonly covariance: readonly [number, number, number];
  readonly rows: number;
}

const logit = (p: number): number => {
  const inside = Math.min(1 - 1e-6, Math.max(1e-6, p));
  return Math.log(inside / (1 - inside));
};
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * Fits J. Platt's recalibration (1999) of logits by Newton's method, held towards what the model says by a weak prior: of few labels
 * little is changed.
 *
 * @param scores probabilities of the second class, @param targets 0 or 1
 */
export function calibrate(scores: ArrayLike<number>, targets: ArrayLike<number>): Calibration {
  let [a, b] = [0, 1];
  const prior = 1;
  let covariance: Calibration['covariance'] = [1 / prior, 0, 1 / prior];
  for (let step = 0; step < 50; step++) {
    let [ga, gb, haa, hab, hbb] = [-prior * a, -prior * (b - 1), prior, 0, prior];
    for (let row = 0; row < scores.length; row++) {
      const x = logit(scores[row] ?? 0.5);
      const p = logistic(a + b * x);
      const rest = (targets[row] ?? 0) - p;
      const weight = p * (1 - p);
      ga += rest;
      gb += rest * x;
      haa += weight;
      hab += weight * x;
      hbb += weight * x * x;
    }
    const determinant = haa * hbb - hab * hab;
    const [da, db] = [(hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant];
    // Far steps of a nearly separable sample are cut short.
    const size = Math.max(1, Math.abs(da), Math.abs(db));
    a += da / size;
    b += db / size;
    covariance = [hbb / determinant, -hab / determinant, haa / determinant];
    if (Math.abs(da) + Math.abs(db) < 1e-10) break;
  }
  return { coefficients: [a, b], covariance, rows: scores.length };
}

export const recalibrated = ([a, b]: Coefficients, score: number): number => logistic(a + b * logit(score));

const METRICS = ['rocAuc', 'accuracy', 'logLoss', 'brier', 'precision', 'recall', 'f1'];

/**
 * Estimates metrics of a classifier of two without labels, from what its recalibrated probabilities expect (CBPE; J. Kuberski and others, "A
 * performance estimation framework", NannyML 2022). Labels are drawn from the probabilities, rows and coefficients anew with each draw:
 * the interval is one for what the labels of these rows would say, and holds as long as the calibration does.
 *
 * @param scores probabilities of the second class, @param said 1 where the row was said to be of it
 */
export function estimateBinary(
  scores: ArrayLike<number>,
  said: ArrayLike<number>,
  calibration: Calibration,
  confidence = 0.95,
  seed = 1,
): MeasuredMetric[] {
  const rows = scores.length;
  const random = seeded(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const [va, vab, vb] = calibration.covariance;
  const sa = Math.sqrt(va);
  const [along, across] = [vab / sa, Math.sqrt(Math.max(0, vb - (vab * vab) / va))];
  const [a, b] = calibration.coefficients;
  const found = new Map<string, number[]>(METRICS.map((name) => [name, []]));
  const targets = new Uint8Array(rows);
  const drawn = new Float64Array(rows);
  for (let draw = 0; draw < DRAWS; draw++) {
    const [z, w] = [normal(), normal()];
    const coefficients: Coefficients = [a + sa * z, b + along * z + across * w];
    for (let row = 0; row < rows; row++) {
      const score = scores[row] ?? 0;
      targets[row] = random() < recalibrated(coefficients, score) ? 1 : 0;
      drawn[row] = score;
    }
    for (const [name, value] of measured(targets, drawn, said)) found.get(name)?.push(value);
  }
  return METRICS.map((name) => {
    const values = (found.get(name) ?? []).toSorted((x, y) => x - y);
    const better = metricTable.find((metric) => metric.name === name)?.better ?? 'higher';
    if (values.length < DRAWS / 2) return { metric: name, better, value: null };
    return {
      metric: name,
      better,
      value: values.reduce((sum, value) => sum + value, 0) / values.length,
      interval: {
        low: quantile(values, (1 - confidence) / 2),
        high: quantile(values, (1 + confidence) / 2),
      },
    };
  });
}

/** Metrics of what a classifier of two said: of its ranking by the scores, of its decisions by what it said. */
function measured(
  targets: ArrayLike<number>,
  scores: ArrayLike<number>,
  said: ArrayLike<number>,
): [string, number][] {
  return METRICS.flatMap((name) => {
    const metric = metricTable.find((one) => one.name === name);
    const value = metric?.measure(binaryOf(targets, metric.isOfLabels ? said : scores));
    return value === undefined ? [] : [[name, value] as [string, number]];
  });
}

export const binaryOf = (targets: ArrayLike<number>, scores: ArrayLike<number>): Predictions => ({
  task: 'binary',
  targets,
  scores,
  classes: 2,
  threshold: 0.5,
});

/**
 * Estimates the errors of a regression without labels (direct loss estimation): how large they were where the model said something alike, in twentieths
 * of what it said. Intervals are by drawing errors of those rows anew.
 */
export function estimateRegression(
  predicted: ArrayLike<number>,
  past: { readonly predicted: ArrayLike<number>; readonly errors: ArrayLike<number> },
  confidence = 0.95,
  seed = 1,
): MeasuredMetric[] {
  const random = seeded(seed);
  const order = Array.from({ length: past.predicted.length }, (_, k) => k).sort(
    (x, y) => (past.predicted[x] ?? 0) - (past.predicted[y] ?? 0),
  );
  const near = Math.max(10, Math.floor(order.length / 20));
  const sorted = Float64Array.from(order, (k) => past.predicted[k] ?? 0);
  const errors = Float64Array.from(order, (k) => past.errors[k] ?? 0);
  const starts = Int32Array.from(predicted, (value) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, Math.min(sorted.length - near, low - (near >> 1)));
  });
  const [rmse, mae]: [number[], number[]] = [[], []];
  const resampled = new Float64Array(errors.length);
  for (let draw = 0; draw < DRAWS; draw++) {
    // The past that errors are learnt from is a sample, too: each of its twentieths is drawn anew.
    for (let k = 0; k < errors.length; k++) {
      const from = Math.floor(k / near) * near;
      resampled[k] = errors[Math.min(errors.length - 1, from + Math.floor(near * random()))] ?? 0;
    }
    let [squares, sizes] = [0, 0];
    for (const start of starts) {
      const error = resampled[Math.min(errors.length - 1, start + Math.floor(near * random()))] ?? 0;
      squares += error * error;
      sizes += Math.abs(error);
    }
    rmse.push(Math.sqrt(squares / starts.length));
    mae.push(sizes / starts.length);
  }
  const measuredOf = (metric: string, values: readonly number[]): MeasuredMetric => {
    const ascending = values.toSorted((x, y) => x - y);
    return {
      metric,
      better: 'lower',
      value: ascending.reduce((sum, value) => sum + value, 0) / ascending.length,
      interval: {
        low: quantile(ascending, (1 - confidence) / 2),
        high: quantile(ascending, (1 + confidence) / 2),
      },
    };
  };
  return [measuredOf('rmse', rmse), measuredOf('mae', mae)];
}
