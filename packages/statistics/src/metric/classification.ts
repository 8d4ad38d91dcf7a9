import { checkLengths } from './check-lengths.ts';

/** Probabilities are kept this far from 0 and 1, so that one sure mistake does not make the loss infinite. */
const EPSILON = 1e-15;

/** Mean negative log-likelihood of 0/1 labels. @param weights how much each row counts @throws TRS_STATISTICS_EMPTY, TRS_STATISTICS_LENGTHS */
export function logLoss(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number {
  checkLengths('log loss', labels, probabilities);
  let [sum, total] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    const p = Math.min(1 - EPSILON, Math.max(EPSILON, probabilities[i] ?? 0));
    const weight = weights?.[i] ?? 1;
    sum -= weight * (labels[i] === 1 ? Math.log(p) : Math.log(1 - p));
    total += weight;
  }
  return sum / total;
}

/** Mean squared error of probabilities (Brier 1950). @throws TRS_STATISTICS_EMPTY, TRS_STATISTICS_LENGTHS */
export function brierScore(labels: ArrayLike<number>, probabilities: ArrayLike<number>): number {
  checkLengths('Brier score', labels, probabilities);
  let sum = 0;
  for (let i = 0; i < labels.length; i++) sum += ((probabilities[i] ?? 0) - (labels[i] ?? 0)) ** 2;
  return sum / labels.length;
}

/** The share of equal entries. @throws TRS_STATISTICS_EMPTY, TRS_STATISTICS_LENGTHS */
export function accuracy(labels: ArrayLike<number>, predicted: ArrayLike<number>): number {
  checkLengths('accuracy', labels, predicted);
  let hits = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === predicted[i]) hits++;
  return hits / labels.length;
}

/** The harmonic mean of precision and recall of class 1; 0 when nothing is found. @throws TRS_STATISTICS_EMPTY, TRS_STATISTICS_LENGTHS */
export function f1Score(labels: ArrayLike<number>, predicted: ArrayLike<number>): number {
  checkLengths('F1', labels, predicted);
  let [truePositives, errors] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === 1 && predicted[i] === 1) truePositives++;
    else if (labels[i] !== predicted[i]) errors++;
  }
  return truePositives === 0 ? 0 : (2 * truePositives) / (2 * truePositives + errors);
}
