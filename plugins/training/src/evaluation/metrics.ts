import type { Metrics, Task } from '@trestle/contracts';
import {
  accuracy,
  averagePrecision,
  brierScore,
  f1Score,
  logLoss,
  meanAbsoluteError,
  rocAuc,
  rootMeanSquaredError,
  rSquared,
} from '@trestle/nn';

/**
 * What decides between candidates and when to stop: proper scores (Gneiting and Raftery 2007), which rankings are not, and
 * which vary less on a small validation part. `sign` says whether more of it is better.
 */
export const DECIDING_METRIC = {
  binary: { name: 'logLoss', sign: -1 },
  multiclass: { name: 'logLoss', sign: -1 },
  regression: { name: 'rmse', sign: -1 },
} as const;

/**
 * The metrics of a task.
 *
 * @param scores binary: the positive class's probability [rows]; multiclass: probabilities [rows, classes]; regression: values
 */
export function measure(
  task: Task,
  targets: ArrayLike<number>,
  scores: ArrayLike<number>,
  classes: number,
  threshold = 0.5,
): Metrics {
  if (task === 'regression') {
    return {
      rmse: rootMeanSquaredError(targets, scores),
      mae: meanAbsoluteError(targets, scores),
      r2: rSquared(targets, scores),
    };
  }
  if (task === 'binary') {
    const decided = Float64Array.from(scores, (score) => Number(score >= threshold));
    const isOneClass = new Set(Array.from(targets)).size < 2;
    return {
      // Ranking is not defined on rows of one class; the other metrics are.
      ...(isOneClass
        ? {}
        : { rocAuc: rocAuc(targets, scores), averagePrecision: averagePrecision(targets, scores) }),
      logLoss: logLoss(targets, scores),
      brier: brierScore(targets, scores),
      accuracy: accuracy(targets, decided),
      f1: f1Score(targets, decided),
    };
  }
  const rows = targets.length;
  const chosen = new Float64Array(rows);
  const own = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let best = 0;
    for (let one = 1; one < classes; one++) {
      if ((scores[row * classes + one] ?? 0) > (scores[row * classes + best] ?? 0)) best = one;
    }
    chosen[row] = best;
    own[row] = scores[row * classes + (targets[row] ?? 0)] ?? 0;
  }
  return { accuracy: accuracy(targets, chosen), logLoss: logLoss(new Float64Array(rows).fill(1), own) };
}
