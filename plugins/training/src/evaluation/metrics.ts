import {
  type ClassesReport,
  type Metric,
  type Metrics,
  metrics,
  type Task,
  type TrainingSpec,
} from '@trestle/contracts';
import { didYouMean, invariant, type Scope } from '@trestle/kernel';
import {
  classReports,
  confusionOf,
  logLoss,
  macroReport,
  metricNamed,
  metricTable,
  type Predictions,
} from '@trestle/statistics';
import { trainError } from '../train-error.ts';

/**
 * What says when to stop fitting, whatever decides between candidates: proper scores (Gneiting and Raftery 2007), which rankings
 * and labels are not, and which vary less on a small validation part.
 */
const PROPER = { binary: 'logLoss', multiclass: 'logLoss', regression: 'rmse' } as const;

export const properMetric = (task: Task): Metric =>
  invariant(metricNamed(PROPER[task]), `the metric ${PROPER[task]}`);

/** Of two classes, a rarer one than this is what is looked for. */
const RARE = 0.2;

/** What decides between candidates. */
export interface Deciding {
  readonly metric: Metric;
  /** Why that one, for a person. */
  readonly why: string;
}

/** All metrics that there are: ours and those of plugins. */
export const allMetrics = (scope: Scope): readonly Metric[] => [...metricTable, ...scope.extensions(metrics)];

/**
 * The metric that the spec names, or the one that suits the task and how rare the positive class is.
 *
 * @param positives the share of the positive class of two
 * @throws TRS_TRAIN_UNKNOWN_METRIC
 */
export function decidingMetric(
  scope: Scope,
  { metric: wanted, classWeight }: Pick<TrainingSpec, 'metric' | 'classWeight'>,
  task: Task,
  positives: number,
): Deciding {
  const suited = allMetrics(scope).filter(({ tasks }) => tasks.includes(task));
  if (wanted !== undefined) {
    const metric = suited.find(({ name }) => name === wanted);
    if (metric) return { metric, why: 'as asked' };
    const names = suited.map(({ name }) => name);
    const isOfOther = allMetrics(scope).some(({ name }) => name === wanted);
    throw trainError('UNKNOWN_METRIC', {
      kind: 'invalid',
      message: isOfOther
        ? `The metric "${wanted}" is not one of a ${task} target.`
        : `There is no metric "${wanted}".${didYouMean(wanted, names)}`,
      hint: `Of a ${task} target there are: ${names.join(', ')}.`,
      details: { metric: wanted },
    });
  }
  const of = (name: string, why: string): Deciding => ({
    metric: invariant(metricNamed(name), `the metric ${name}`),
    why,
  });
  if (task === 'binary' && positives < RARE)
    return of('averagePrecision', `the positive class is rare (${percent(positives)} of the rows)`);
  // Weighted classes are no probabilities any more: what is ranked and found is still of use.
  if (classWeight === 'balanced')
    return task === 'binary'
      ? of('rocAuc', 'classes are weighted, so that probabilities are not to be judged')
      : of('balancedAccuracy', 'classes are weighted, so that probabilities are not to be judged');
  return task === 'regression'
    ? of('rmse', 'the usual one of numbers')
    : of('logLoss', 'it judges probabilities, and needs the fewest rows to tell models apart');
}

const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;

/** A metric as a score of which more is better; lowest where the metric is no number. */
export const scoreOf = ({ name, better }: Metric, measured: Metrics): number => {
  const value = measured[name] ?? Number.NaN;
  if (!Number.isFinite(value)) return Number.NEGATIVE_INFINITY;
  return better === 'higher' ? value : -value;
};

/** The proper score alone; no number where a score is none. @param weights how much each row counts */
export function judged(
  task: Task,
  targets: ArrayLike<number>,
  scores: ArrayLike<number>,
  classes: number,
  weights?: Float64Array,
): number {
  if (!Array.prototype.every.call(scores, Number.isFinite)) return Number.NaN;
  if (weights && task !== 'regression') {
    // The probability that was given to what happened, against certainty.
    const given = Float64Array.from(targets, (target, row) =>
      task === 'multiclass'
        ? (scores[row * classes + target] ?? 0)
        : target === 1
          ? (scores[row] ?? 0)
          : 1 - (scores[row] ?? 0),
    );
    return logLoss(new Float64Array(given.length).fill(1), given, weights);
  }
  return properMetric(task).measure({ task, targets, scores, classes, threshold: 0.5 }) ?? Number.NaN;
}

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
  all: readonly Metric[] = metricTable,
): Metrics => {
  const isKnown = Array.prototype.every.call(scores, Number.isFinite);
  const predictions: Predictions = { task, targets, scores, classes, threshold };
  return Object.fromEntries(
    all.flatMap(({ name, tasks, measure: of }) => {
      if (!tasks.includes(task)) return [];
      // What has no order has no rank: not asked.
      const value = isKnown ? of(predictions) : Number.NaN;
      return value === undefined ? [] : [[name, Number.isFinite(value) ? value : null]];
    }),
  );
};

/** How each class is known; undefined for numbers, and where a score is none. */
export function reportOf(predictions: Predictions, names: readonly string[]): ClassesReport | undefined {
  if (predictions.task === 'regression') return undefined;
  if (!Array.prototype.every.call(predictions.scores, Number.isFinite)) return undefined;
  const matrix = confusionOf(predictions);
  return {
    classes: [...names],
    matrix: matrix.map((counts) => [...counts]),
    each: classReports(matrix).map((report, at) => ({ class: names[at] ?? '', ...report })),
    macro: macroReport(matrix),
  };
}
