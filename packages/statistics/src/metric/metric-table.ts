import { accuracy, brierScore, f1Score, logLoss } from './classification.ts';
import {
  balancedAccuracy,
  type ClassReport,
  type ConfusionMatrix,
  classReports,
  confusionMatrix,
  macroReport,
  matthewsCorrelation,
} from './confusion.ts';
import { averagePrecision, rocAuc } from './ranking.ts';
import { meanAbsoluteError, rootMeanSquaredError, rSquared } from './regression.ts';

/** What was to be predicted, and what was. */
export interface Predictions {
  readonly task: 'binary' | 'multiclass' | 'regression';
  /** Class indices, or numbers; one a row. */
  readonly targets: ArrayLike<number>;
  /** Probabilities of the second of two classes [rows], of several [rows, classes]; values [rows]. */
  readonly scores: ArrayLike<number>;
  /** How many there are; 0 for regression. */
  readonly classes: number;
  /** From this probability on a row is of the second of two classes. */
  readonly threshold: number;
}

/** A number that says how good predictions are. */
export interface Metric {
  readonly name: string;
  readonly tasks: readonly Predictions['task'][];
  readonly better: 'higher' | 'lower';
  /** Whether it is measured on the classes that rows are said to be of, and so moves with the threshold. */
  readonly isOfLabels?: boolean;
  /** @returns undefined where it is not defined: a ranking of rows of one class */
  readonly measure: (predictions: Predictions) => number | undefined;
}

const classes = ['binary', 'multiclass'] as const;
const binary = ['binary'] as const;
const numbers = ['regression'] as const;
const ofLabels = { better: 'higher', isOfLabels: true } as const;

/** All metrics, in the order in which they are shown. Whatever compares models asks here which way is better. */
export const metricTable: readonly Metric[] = [
  {
    name: 'rmse',
    tasks: numbers,
    better: 'lower',
    measure: (p) => rootMeanSquaredError(p.targets, p.scores),
  },
  { name: 'mae', tasks: numbers, better: 'lower', measure: (p) => meanAbsoluteError(p.targets, p.scores) },
  { name: 'r2', tasks: numbers, better: 'higher', measure: (p) => rSquared(p.targets, p.scores) },
  { name: 'rocAuc', tasks: binary, better: 'higher', measure: (p) => ranked(p, rocAuc) },
  { name: 'averagePrecision', tasks: binary, better: 'higher', measure: (p) => ranked(p, averagePrecision) },
  { name: 'logLoss', tasks: classes, better: 'lower', measure: meanLogLoss },
  { name: 'brier', tasks: binary, better: 'lower', measure: (p) => brierScore(p.targets, p.scores) },
  { name: 'accuracy', tasks: classes, ...ofLabels, measure: (p) => accuracy(p.targets, decided(p)) },
  { name: 'balancedAccuracy', tasks: classes, ...ofLabels, measure: (p) => balancedAccuracy(confusionOf(p)) },
  { name: 'precision', tasks: binary, ...ofLabels, measure: (p) => positiveReport(p).precision },
  { name: 'recall', tasks: binary, ...ofLabels, measure: (p) => positiveReport(p).recall },
  { name: 'f1', tasks: binary, ...ofLabels, measure: (p) => f1Score(p.targets, decided(p)) },
  {
    name: 'precisionMacro',
    tasks: classes,
    ...ofLabels,
    measure: (p) => macroReport(confusionOf(p)).precision,
  },
  { name: 'recallMacro', tasks: classes, ...ofLabels, measure: (p) => macroReport(confusionOf(p)).recall },
  { name: 'f1Macro', tasks: classes, ...ofLabels, measure: (p) => macroReport(confusionOf(p)).f1 },
  { name: 'mcc', tasks: classes, ...ofLabels, measure: (p) => matthewsCorrelation(confusionOf(p)) },
];

/** What rows are and what they were said to be, class by class. */
export const confusionOf = (predictions: Predictions): ConfusionMatrix =>
  confusionMatrix(
    predictions.targets,
    decided(predictions),
    predictions.task === 'binary' ? 2 : predictions.classes,
  );

const positiveReport = (predictions: Predictions): ClassReport =>
  classReports(confusionOf(predictions))[1] ?? { precision: 0, recall: 0, f1: 0, rows: 0 };

const byName = new Map(metricTable.map((metric) => [metric.name, metric]));

/** The metric of a name of ours; undefined for one of somebody's own. */
export const metricNamed = (name: string): Metric | undefined => byName.get(name);

/** All metrics of a task that are defined on these rows. O(rows log rows). */
export const measureAll = (predictions: Predictions): Record<string, number> =>
  Object.fromEntries(
    metricTable
      .filter(({ tasks }) => tasks.includes(predictions.task))
      .flatMap(({ name, measure }) => {
        const value = measure(predictions);
        return value === undefined ? [] : [[name, value] as const];
      }),
  );

/** Ranking is not defined on rows of one class. */
function ranked(
  { targets, scores }: Predictions,
  measure: (targets: ArrayLike<number>, scores: ArrayLike<number>) => number,
): number | undefined {
  const first = targets[0];
  return Array.prototype.every.call(targets, (target) => target === first)
    ? undefined
    : measure(targets, scores);
}

/** The class of each row: the most probable one, of two by the threshold. */
function decided({ task, scores, classes: count, targets, threshold }: Predictions): Float64Array {
  if (task === 'binary') return Float64Array.from(scores, (score) => Number(score >= threshold));
  return Float64Array.from({ length: targets.length }, (_, row) => {
    let best = 0;
    for (let one = 1; one < count; one++)
      if ((scores[row * count + one] ?? 0) > (scores[row * count + best] ?? 0)) best = one;
    return best;
  });
}

/** Of several classes: the probability that was given to what happened, against certainty. */
function meanLogLoss({ task, targets, scores, classes: count }: Predictions): number {
  if (task === 'binary') return logLoss(targets, scores);
  const given = Float64Array.from(targets, (target, row) => scores[row * count + target] ?? 0);
  return logLoss(new Float64Array(given.length).fill(1), given);
}
