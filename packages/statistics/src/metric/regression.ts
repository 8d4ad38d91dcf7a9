import { checkLengths } from './check-lengths.ts';

/** Root mean squared error. @throws TRS_STATISTICS_EMPTY, TRS_STATISTICS_LENGTHS */
export function rootMeanSquaredError(targets: ArrayLike<number>, predictions: ArrayLike<number>): number {
  checkLengths('RMSE', targets, predictions);
  let sum = 0;
  for (let i = 0; i < targets.length; i++) sum += ((targets[i] ?? 0) - (predictions[i] ?? 0)) ** 2;
  return Math.sqrt(sum / targets.length);
}

/** Mean absolute error. @throws TRS_STATISTICS_EMPTY, TRS_STATISTICS_LENGTHS */
export function meanAbsoluteError(targets: ArrayLike<number>, predictions: ArrayLike<number>): number {
  checkLengths('MAE', targets, predictions);
  let sum = 0;
  for (let i = 0; i < targets.length; i++) sum += Math.abs((targets[i] ?? 0) - (predictions[i] ?? 0));
  return sum / targets.length;
}

/** The share of the variance that is explained; 0 when the targets are all equal. @throws TRS_STATISTICS_EMPTY, TRS_STATISTICS_LENGTHS */
export function rSquared(targets: ArrayLike<number>, predictions: ArrayLike<number>): number {
  checkLengths('R²', targets, predictions);
  let mean = 0;
  for (let i = 0; i < targets.length; i++) mean += (targets[i] ?? 0) / targets.length;
  let [residual, total] = [0, 0];
  for (let i = 0; i < targets.length; i++) {
    residual += ((targets[i] ?? 0) - (predictions[i] ?? 0)) ** 2;
    total += ((targets[i] ?? 0) - mean) ** 2;
  }
  return total === 0 ? 0 : 1 - residual / total;
}
