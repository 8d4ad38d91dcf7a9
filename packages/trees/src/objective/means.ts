import { exactSum } from '../exact-sums.ts';
import { finiteNumbers } from '../examples.ts';
import type { Objective } from './objective.ts';
import { weightedQuantile } from './quantiles.ts';
import type { Workshop } from './workshop.ts';

/** Smaller means are taken as this: their logarithm is to be finite. */
const LEAST_MEAN = 1e-100;

const sumOf = (targets: Float64Array, of: (target: number, row: number) => number): number => {
  let sum = 0;
  for (let row = 0; row < targets.length; row++) sum += of(targets[row] ?? 0, row);
  return sum;
};

const meanOf = (targets: Float64Array, weights: Float64Array): number =>
  exactSum(targets.map((target, row) => target * (weights[row] ?? 0))) / exactSum(weights);

export const squaredError: Objective = {
  name: 'squaredError',
  targets: finiteNumbers,
  activation: 'identity',
  initial: (targets, weights) => [meanOf(targets, weights)],
  slopes(scores, _, targets, weights, into) {
    for (let row = 0; row < targets.length; row++) {
      const weight = weights[row] ?? 0;
      into[2 * row] = weight * ((scores[row] ?? 0) - (targets[row] ?? 0));
      into[2 * row + 1] = weight;
    }
  },
  loss: (predictions, targets, weights) =>
    sumOf(targets, (target, row) => 0.5 * (weights[row] ?? 0) * ((predictions[row] ?? 0) - target) ** 2),
};

/** Squared near the target, absolute from `delta` on (Huber 1964). */
export const huber = (delta: number): Objective => ({
  name: 'huber',
  targets: finiteNumbers,
  activation: 'identity',
  initial: (targets, weights) => [weightedQuantile(targets, weights, 0.5)],
  slopes(scores, _, targets, weights, into) {
    for (let row = 0; row < targets.length; row++) {
      const weight = weights[row] ?? 0;
      const error = (scores[row] ?? 0) - (targets[row] ?? 0);
      into[2 * row] = weight * Math.max(-delta, Math.min(delta, error));
      into[2 * row + 1] = weight;
    }
  },
  loss: (predictions, targets, weights) =>
    sumOf(targets, (target, row) => {
      const error = Math.abs((predictions[row] ?? 0) - target);
      return (weights[row] ?? 0) * (error <= delta ? 0.5 * error * error : delta * (error - 0.5 * delta));
    }),
});

const logOfMean = (targets: Float64Array, weights: Float64Array): readonly number[] => [
  Math.log(Math.max(LEAST_MEAN, meanOf(targets, weights))),
];
/**
 * A leaf whose mean is a hundred times that of before would be taken to e^99 times it: the slope of a power hides how fast it grows. The
 * logarithm is where the loss is least, for Poisson's going up and for Gamma's going down, and on the way there otherwise.
 */
const shortenPower = (step: number): number => Math.sign(step) * Math.log1p(Math.abs(step));

const notNegative = {
  isAllowed: (target: number) => Number.isFinite(target) && target >= 0,
  words: 'finite numbers from 0 on',
};

/** Counts: the logarithm of their mean is learnt. */
export function poisson({ perRow, exponentials }: Workshop): Objective {
  let means: Float64Array | undefined;
  return {
    name: 'poisson',
    targets: notNegative,
    activation: 'exponential',
    initial: logOfMean,
    shorten: shortenPower,
    slopes(scores, _, targets, weights, into) {
      means ??= perRow();
      means.set(scores);
      exponentials(means);
      for (let row = 0; row < targets.length; row++) {
        const weight = weights[row] ?? 0;
        const mean = means[row] ?? 0;
        into[2 * row] = weight * (mean - (targets[row] ?? 0));
        into[2 * row + 1] = weight * mean;
      }
    },
    // Half the deviance: 0 where all is predicted exactly.
    loss: (predictions, targets, weights) =>
      sumOf(targets, (target, row) => {
        const mean = Math.max(LEAST_MEAN, predictions[row] ?? 0);
        return (weights[row] ?? 0) * (mean - target + (target > 0 ? target * Math.log(target / mean) : 0));
      }),
  };
}

/** Amounts above 0, whose deviation grows with their mean: its logarithm is learnt. */
export function gamma({ perRow, exponentials }: Workshop): Objective {
  let inverses: Float64Array | undefined;
  return {
    name: 'gamma',
    targets: {
      isAllowed: (target) => Number.isFinite(target) && target > 0,
      words: 'finite numbers above 0',
    },
    activation: 'exponential',
    initial: logOfMean,
    shorten: shortenPower,
    slopes(scores, _, targets, weights, into) {
      inverses ??= perRow();
      for (let row = 0; row < targets.length; row++) inverses[row] = -(scores[row] ?? 0);
      exponentials(inverses);
      for (let row = 0; row < targets.length; row++) {
        const weight = weights[row] ?? 0;
        const ratio = (targets[row] ?? 0) * (inverses[row] ?? 0);
        into[2 * row] = weight * (1 - ratio);
        into[2 * row + 1] = weight * ratio;
      }
    },
    loss: (predictions, targets, weights) =>
      sumOf(targets, (target, row) => {
        const ratio = target / Math.max(LEAST_MEAN, predictions[row] ?? 0);
        return (weights[row] ?? 0) * (ratio - 1 - Math.log(ratio));
      }),
  };
}

/** Amounts of which many are 0, as what a year's claims of a policy add up to (Jorgensen 1987): the logarithm of their mean is learnt. */
export function tweedie(power: number, { perRow, exponentials }: Workshop): Objective {
  let lower: Float64Array | undefined;
  let upper: Float64Array | undefined;
  return {
    name: 'tweedie',
    targets: notNegative,
    activation: 'exponential',
    initial: logOfMean,
    shorten: shortenPower,
    slopes(scores, _, targets, weights, into) {
      lower ??= perRow();
      upper ??= perRow();
      for (let row = 0; row < targets.length; row++) {
        lower[row] = (1 - power) * (scores[row] ?? 0);
        upper[row] = (2 - power) * (scores[row] ?? 0);
      }
      exponentials(lower);
      exponentials(upper);
      for (let row = 0; row < targets.length; row++) {
        const weight = weights[row] ?? 0;
        const own = (targets[row] ?? 0) * (lower[row] ?? 0);
        const mean = upper[row] ?? 0;
        into[2 * row] = weight * (mean - own);
        into[2 * row + 1] = weight * ((power - 1) * own + (2 - power) * mean);
      }
    },
    loss: (predictions, targets, weights) =>
      sumOf(targets, (target, row) => {
        const mean = Math.max(LEAST_MEAN, predictions[row] ?? 0);
        const ofTarget = target > 0 ? target ** (2 - power) / ((1 - power) * (2 - power)) : 0;
        const ofMean = mean ** (2 - power) / (2 - power) - (target * mean ** (1 - power)) / (1 - power);
        return (weights[row] ?? 0) * (ofTarget + ofMean);
      }),
  };
}
