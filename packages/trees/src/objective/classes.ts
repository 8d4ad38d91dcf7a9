import { exactSum } from '../exact-sums.ts';
import { severalClasses, twoClasses } from '../examples.ts';
import { squaredError } from './means.ts';
import type { Objective } from './objective.ts';
import type { Workshop } from './workshop.ts';

/** Probabilities are kept so far from 0 and 1 where their logarithm is taken. */
const LEAST = Number.EPSILON;
const clipped = (probability: number): number => Math.min(1 - LEAST, Math.max(LEAST, probability));

/** The probability of the second of two classes. */
export function logistic({ perRow, exponentials }: Workshop): Objective {
  let powers: Float64Array | undefined;
  return {
    name: 'logistic',
    targets: twoClasses,
    activation: 'logistic',
    initial(targets, weights) {
      const { 0: share = 0 } = squaredError.initial(targets, weights);
      const probability = clipped(share);
      return [Math.log(probability / (1 - probability))];
    },
    slopes(scores, _, targets, weights, into) {
      powers ??= perRow();
      for (let row = 0; row < targets.length; row++) powers[row] = -(scores[row] ?? 0);
      exponentials(powers);
      for (let row = 0; row < targets.length; row++) {
        const weight = weights[row] ?? 0;
        const probability = 1 / (1 + (powers[row] ?? 0));
        into[2 * row] = weight * (probability - (targets[row] ?? 0));
        into[2 * row + 1] = weight * probability * (1 - probability);
      }
    },
    loss(predictions, targets, weights) {
      let sum = 0;
      for (let row = 0; row < targets.length; row++) {
        const probability = predictions[row] ?? 0;
        sum -= (weights[row] ?? 0) * Math.log(clipped(targets[row] === 1 ? probability : 1 - probability));
      }
      return sum;
    },
  };
}

/** All outputs of a round answer the scores that were there when the first one asked: each changes its own alone. */
export function softmax(classes: number, { perRow, exponentials }: Workshop): Objective {
  let shares: readonly Float64Array[] = [];
  let highest: Float64Array | undefined;
  let total: Float64Array | undefined;
  return {
    name: 'softmax',
    targets: severalClasses(classes),
    activation: 'softmax',
    initial: (targets, weights) =>
      Float64Array.from({ length: classes }, (_, output) => {
        const own = weights.map((weight, row) => (targets[row] === output ? weight : 0));
        return Math.log(clipped(exactSum(own) / exactSum(weights)));
      }),
    slopes(scores, output, targets, weights, into) {
      const rows = targets.length;
      highest ??= perRow();
      total ??= perRow();
      if (shares.length === 0) shares = Array.from({ length: classes }, perRow);
      if (output === 0) {
        highest.fill(Number.NEGATIVE_INFINITY);
        total.fill(0);
        for (let at = 0, of = 0; of < classes; of++)
          for (let row = 0; row < rows; row++, at++)
            highest[row] = Math.max(highest[row] ?? 0, scores[at] ?? 0);
        let at = 0;
        for (const share of shares) {
          for (let row = 0; row < rows; row++, at++) share[row] = (scores[at] ?? 0) - (highest[row] ?? 0);
          exponentials(share);
          for (let row = 0; row < rows; row++) total[row] = (total[row] ?? 0) + (share[row] ?? 0);
        }
      }
      const share = shares[output] ?? highest;
      for (let row = 0; row < rows; row++) {
        const weight = weights[row] ?? 0;
        const probability = (share[row] ?? 0) / (total[row] ?? 1);
        into[2 * row] = weight * (probability - (targets[row] === output ? 1 : 0));
        into[2 * row + 1] = weight * probability * (1 - probability);
      }
    },
    loss(predictions, targets, weights) {
      let sum = 0;
      for (let row = 0; row < targets.length; row++)
        sum -= (weights[row] ?? 0) * Math.log(clipped(predictions[row * classes + (targets[row] ?? 0)] ?? 0));
      return sum;
    },
  };
}
