import { finiteNumbers } from '../examples.ts';
import type { Objective } from './objective.ts';

/**
 * A quantile of weighted numbers, between two of them in proportion: of equal weights as most programs have it (type 7 of Hyndman and
 * Fan 1996). Numbers without weight count for nothing.
 */
export function weightedQuantile(values: Float64Array, weights: Float64Array, share: number): number {
  const first = weights[0] ?? 0;
  if (first > 0 && weights.every((weight) => weight === first)) {
    const sorted = values.slice().sort();
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)] ?? 0;
    return between(below, sorted[Math.floor(place) + 1] ?? below, place % 1);
  }
  const order = Int32Array.from(values.keys())
    .filter((at) => (weights[at] ?? 0) > 0)
    .sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || (weights[a] ?? 0) - (weights[b] ?? 0));
  // Each number stands in the middle of its weight; from the first to the last there is all.
  const middles = new Float64Array(order.length);
  let sum = 0;
  for (const [at, of] of order.entries()) {
    const weight = weights[of] ?? 0;
    middles[at] = sum + weight / 2;
    sum += weight;
  }
  const [from, to] = [middles[0] ?? 0, middles.at(-1) ?? 0];
  const place = from + share * (to - from);
  let above = 0;
  while (above < order.length - 1 && (middles[above] ?? 0) < place) above += 1;
  const below = Math.max(0, above - 1);
  const width = (middles[above] ?? 0) - (middles[below] ?? 0);
  const part = width > 0 ? (place - (middles[below] ?? 0)) / width : 0;
  return between(values[order[below] ?? 0] ?? 0, values[order[above] ?? 0] ?? 0, part);
}

const between = (low: number, high: number, part: number): number => low + part * (high - low);

/** The errors of all rows count for their size, those above the quantile for more or less than those below. */
export const quantile = (share: number): Objective => ({
  name: 'quantile',
  targets: finiteNumbers,
  activation: 'identity',
  initial: (targets, weights) => [weightedQuantile(targets, weights, share)],
  slopes(scores, _, targets, weights, into) {
    for (let row = 0; row < targets.length; row++) {
      const weight = weights[row] ?? 0;
      const isAbove = (targets[row] ?? 0) >= (scores[row] ?? 0);
      into[2 * row] = weight * (isAbove ? -share : 1 - share);
      into[2 * row + 1] = weight;
    }
  },
  loss(predictions, targets, weights) {
    let sum = 0;
    for (let row = 0; row < targets.length; row++) {
      const error = (targets[row] ?? 0) - (predictions[row] ?? 0);
      sum += (weights[row] ?? 0) * (error >= 0 ? share * error : (share - 1) * error);
    }
    return sum;
  },
  // The slope says how many are above and how many below, not how far.
  step(rows, scores, targets, weights) {
    const errors = new Float64Array(rows.length);
    const own = new Float64Array(rows.length);
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at] ?? 0;
      errors[at] = (targets[row] ?? 0) - (scores[row] ?? 0);
      own[at] = weights[row] ?? 0;
    }
    return weightedQuantile(errors, own, share);
  },
});

/** The median, whose loss is here the whole absolute error. */
export const absoluteError: Objective = {
  ...quantile(0.5),
  name: 'absoluteError',
  slopes(scores, _, targets, weights, into) {
    for (let row = 0; row < targets.length; row++) {
      const weight = weights[row] ?? 0;
      into[2 * row] = weight * ((targets[row] ?? 0) >= (scores[row] ?? 0) ? -1 : 1);
      into[2 * row + 1] = weight;
    }
  },
  loss(predictions, targets, weights) {
    let sum = 0;
    for (let row = 0; row < targets.length; row++)
      sum += (weights[row] ?? 0) * Math.abs((targets[row] ?? 0) - (predictions[row] ?? 0));
    return sum;
  },
};
