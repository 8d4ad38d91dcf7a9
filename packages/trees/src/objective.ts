import type { Activation } from './activation.ts';
import { exactSum } from './exact-sums.ts';
import { type AllowedTargets, finiteNumbers, severalClasses, twoClasses } from './examples.ts';

/** What is predicted: a number by its squared error, the probability of the second of two classes, or those of several. */
export type ObjectiveName = 'squaredError' | 'logistic' | 'softmax';

/** A loss as boosting sees it. Scores are [outputs, rows]: those of one output lie one behind the other. */
export interface Objective {
  /** The constant score that serves the targets best. */
  initial(targets: Float64Array, weights: Float64Array): Float64Array;
  /** Writes slope and curvature of each row's loss by its score of one output, pair by pair; asked of the outputs in order. */
  slopes(
    scores: Float64Array,
    output: number,
    targets: Float64Array,
    weights: Float64Array,
    into: Float64Array,
  ): void;
  /** The sum of the rows' losses. @param predictions [rows, outputs], activated */
  loss(predictions: Float64Array, targets: Float64Array, weights: Float64Array): number;
  readonly targets: AllowedTargets;
  readonly activation: Activation;
}

/** Probabilities are kept so far from 0 and 1 where their logarithm is taken. */
const LEAST = Number.EPSILON;
const clipped = (probability: number): number => Math.min(1 - LEAST, Math.max(LEAST, probability));

const squaredError: Objective = {
  targets: finiteNumbers,
  activation: 'identity',
  initial: (targets, weights) =>
    Float64Array.of(exactSum(targets.map((target, row) => target * (weights[row] ?? 0))) / exactSum(weights)),
  slopes(scores, _, targets, weights, into) {
    for (let row = 0; row < targets.length; row++) {
      const weight = weights[row] ?? 0;
      into[2 * row] = weight * ((scores[row] ?? 0) - (targets[row] ?? 0));
      into[2 * row + 1] = weight;
    }
  },
  loss(predictions, targets, weights) {
    let sum = 0;
    for (let row = 0; row < targets.length; row++)
      sum += 0.5 * (weights[row] ?? 0) * ((predictions[row] ?? 0) - (targets[row] ?? 0)) ** 2;
    return sum;
  },
};

const logistic: Objective = {
  targets: twoClasses,
  activation: 'logistic',
  initial(targets, weights) {
    const [share = 0] = squaredError.initial(targets, weights);
    const probability = clipped(share);
    return Float64Array.of(Math.log(probability / (1 - probability)));
  },
  slopes(scores, _, targets, weights, into) {
    for (let row = 0; row < targets.length; row++) {
      const weight = weights[row] ?? 0;
      const probability = 1 / (1 + Math.exp(-(scores[row] ?? 0)));
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

/** All outputs of a round answer the scores that were there when the first one asked: each changes its own alone. */
function softmax(classes: number): Objective {
  let [highest, total] = [new Float64Array(0), new Float64Array(0)];
  return {
    targets: severalClasses(classes),
    activation: 'softmax',
    initial: (targets, weights) =>
      Float64Array.from({ length: classes }, (_, output) => {
        const own = weights.map((weight, row) => (targets[row] === output ? weight : 0));
        return Math.log(clipped(exactSum(own) / exactSum(weights)));
      }),
    slopes(scores, output, targets, weights, into) {
      const rows = targets.length;
      if (output === 0) {
        if (highest.length !== rows) [highest, total] = [new Float64Array(rows), new Float64Array(rows)];
        highest.fill(Number.NEGATIVE_INFINITY);
        total.fill(0);
        for (let at = 0, of = 0; of < classes; of++)
          for (let row = 0; row < rows; row++, at++)
            highest[row] = Math.max(highest[row] ?? 0, scores[at] ?? 0);
        for (let at = 0, of = 0; of < classes; of++)
          for (let row = 0; row < rows; row++, at++)
            total[row] = (total[row] ?? 0) + Math.exp((scores[at] ?? 0) - (highest[row] ?? 0));
      }
      for (let row = 0, at = output * rows; row < rows; row++, at++) {
        const weight = weights[row] ?? 0;
        const probability = Math.exp((scores[at] ?? 0) - (highest[row] ?? 0)) / (total[row] ?? 1);
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

export const objectiveOf = (name: ObjectiveName, outputs: number): Objective =>
  name === 'squaredError' ? squaredError : name === 'logistic' ? logistic : softmax(outputs);
