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

/**
 * Measures all metrics of a task.
 *
 * @param scores binary: the positive class's probability [rows]; multiclass: probabilities [rows, classes]; regression: values
 */
export const measure = (
  task: Task,
  targets: ArrayLike<number>,
  scores: ArrayLike<number>,
  classes: number,
  threshold = 0.5,
): Metrics => measureAll({ task, targets, scores, classes, threshold });
