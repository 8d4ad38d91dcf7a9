import type { Metrics, Task } from '@trestle/contracts';
import { invariant } from '@trestle/kernel';
import { type Metric, measureAll, metricNamed } from '@trestle/nn';

/**
 * What decides between candidates and when to stop: proper scores (Gneiting and Raftery 2007), which rankings are not, and
 * which vary less on a small validation part.
 */
const DECIDING = { binary: 'logLoss', multiclass: 'logLoss', regression: 'rmse' } as const;

export const decidingMetric = (task: Task): Metric =>
  invariant(metricNamed(DECIDING[task]), `the metric ${DECIDING[task]}`);

/** The deciding metric alone; no number where a score is none. */
export const decide = (
  task: Task,
  targets: ArrayLike<number>,
  scores: ArrayLike<number>,
  classes: number,
): number =>
  Array.prototype.every.call(scores, Number.isFinite)
    ? (decidingMetric(task).measure({ task, targets, scores, classes, threshold: 0.5 }) ?? Number.NaN)
    : Number.NaN;

/**
 * Measures all metrics of a task; null where one is no number, and all of them where a score is none: a label of it would be made up.
 *
 * @param scores binary: the positive class's probability [rows]; multiclass: probabilities [rows, classes]; regression: values
 */
export const measure = (
  task: Task,
  targets: ArrayLike<number>,
  scores: ArrayLike<number>,
  classes: number,
  threshold = 0.5,
): Metrics => {
  const isKnown = Array.prototype.every.call(scores, Number.isFinite);
  const found = measureAll({ task, targets, scores, classes, threshold });
  return Object.fromEntries(
    Object.entries(found).map(([name, value]) => [name, isKnown && Number.isFinite(value) ? value : null]),
  );
};
