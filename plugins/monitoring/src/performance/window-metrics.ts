import {
  accuracy,
  averagePrecision,
  logLoss,
  meanAbsoluteError,
  rocAuc,
  rootMeanSquaredError,
} from '@trestle/statistics';
import type { LabelledRow } from '../log/read-labelled.ts';
import type { ModelFacts } from '../model-facts.ts';
import { rocAucStandardError, shareStandardError, type WindowMetric } from './judge-metric.ts';
import { probabilitiesOf, scoreOf } from './read-output.ts';

export interface WindowMetrics {
  /** Rows whose label and answer could be read; the others are left out. */
  readonly rows: number;
  readonly metrics: readonly WindowMetric[];
}

/** Metrics of labelled rows, by the model's task. */
export const windowMetrics = (facts: ModelFacts, rows: readonly LabelledRow[]): WindowMetrics =>
  facts.task === 'regression' ? regressionMetrics(facts, rows) : classMetrics(facts, rows);

interface Classified {
  /** In the order of the model's classes. */
  readonly probabilities: readonly number[];
  /** Index of the class that it was. */
  readonly label: number;
  /** Index of the class that the model said: with a threshold of its own, not always the most probable one. */
  readonly predicted: number;
}

function classMetrics(facts: ModelFacts, rows: readonly LabelledRow[]): WindowMetrics {
  const classified = rows.flatMap((row): Classified[] => {
    const probabilities = probabilitiesOf(facts, row.output);
    const label = facts.classes.indexOf(String(row.label));
    const predicted = facts.classes.indexOf(String(row.output.label));
    return probabilities && label >= 0 ? [{ probabilities, label, predicted }] : [];
  });
  if (classified.length === 0) return { rows: 0, metrics: [] };
  const share = accuracy(
    classified.map((row) => row.label),
    classified.map((row) => row.predicted),
  );
  const isBinary = facts.classes.length === 2;
  const right: WindowMetric = {
    metric: 'accuracy',
    value: share,
    standardError: shareStandardError(share, classified.length),
    rule: isBinary ? 'shown' : 'drop',
  };
  // The probability that was given to what happened, against certainty: log loss of any number of classes.
  const given = classified.map((row) => row.probabilities[row.label] ?? 0);
  const loss = logLoss(new Uint8Array(given.length).fill(1), given);
  return {
    rows: classified.length,
    metrics: [
      ...(isBinary ? rankingMetrics(classified) : []),
      right,
      { metric: 'logLoss', value: loss, rule: 'shown' },
    ],
  };
}

function rankingMetrics(rows: readonly Classified[]): WindowMetric[] {
  const labels = rows.map((row) => row.label);
  const scores = rows.map((row) => row.probabilities[1] ?? 0);
  const positives = labels.filter((label) => label === 1).length;
  // With labels of one class only, nothing can be ranked yet.
  if (positives === 0 || positives === labels.length) return [];
  const area = rocAuc(labels, scores);
  return [
    {
      metric: 'rocAuc',
      value: area,
      standardError: rocAucStandardError(area, positives, labels.length - positives),
      rule: 'drop',
    },
    { metric: 'averagePrecision', value: averagePrecision(labels, scores), rule: 'shown' },
  ];
}

function regressionMetrics(facts: ModelFacts, rows: readonly LabelledRow[]): WindowMetrics {
  const pairs = rows.flatMap((row) => {
    const predicted = scoreOf(facts, row.output);
    const target = Number(row.label);
    return predicted === undefined || !Number.isFinite(target) ? [] : [{ target, predicted }];
  });
  if (pairs.length === 0) return { rows: 0, metrics: [] };
  const targets = pairs.map((pair) => pair.target);
  const predictions = pairs.map((pair) => pair.predicted);
  const rmse = rootMeanSquaredError(targets, predictions);
  return {
    rows: pairs.length,
    metrics: [
      {
        metric: 'rmse',
        value: rmse,
        standardError: rmseStandardError(targets, predictions, rmse),
        rule: 'relative-rise',
      },
      { metric: 'mae', value: meanAbsoluteError(targets, predictions), rule: 'shown' },
    ],
  };
}

/** The delta method: the standard error of the mean squared error, over twice its root. */
function rmseStandardError(targets: readonly number[], predictions: readonly number[], rmse: number): number {
  if (rmse === 0) return 0;
  const squares = targets.map((target, k) => (target - (predictions[k] ?? 0)) ** 2);
  const spread = rootMeanSquaredError(squares, new Float64Array(squares.length).fill(rmse * rmse));
  return spread / Math.sqrt(squares.length) / (2 * rmse);
}
