import type { Metric, Metrics, Task } from '@trestle/contracts';
import { quantile } from '@trestle/statistics';
import { measure } from './metrics.ts';

/** Whoever learns nothing of the features: what a model has to be better than. */
export interface Baseline {
  readonly name: string;
  /** What it answers to any row: probabilities of the classes (of two: of the second), or a value. */
  readonly answer: readonly number[];
}

/** The share of each class among the training rows; of numbers their mean, or the median where absolute errors decide. */
export function baselineOf(
  task: Task,
  targets: Float64Array,
  classes: readonly string[],
  deciding: Metric,
): Baseline {
  if (task === 'regression') {
    if (deciding.name === 'mae') return { name: 'median', answer: [quantile(targets.toSorted(), 0.5)] };
    return { name: 'mean', answer: [targets.reduce((mean, value) => mean + value / targets.length, 0)] };
  }
  const shares = classes.map(
    (_, index) => targets.reduce((sum, value) => sum + Number(value === index), 0) / targets.length,
  );
  const most = classes[shares.indexOf(Math.max(...shares))];
  return { name: `always "${most}"`, answer: task === 'binary' ? shares.slice(1) : shares };
}

/** What it scores. @param rows how many targets there are */
export function measureBaseline(
  { answer }: Baseline,
  task: Task,
  targets: Float64Array,
  classes: number,
  metrics: readonly Metric[],
): Metrics {
  const scores = Float64Array.from(
    { length: targets.length * answer.length },
    (_, at) => answer[at % answer.length] ?? Number.NaN,
  );
  return targets.length === 0 ? {} : measure(task, targets, scores, classes, 0.5, metrics);
}
