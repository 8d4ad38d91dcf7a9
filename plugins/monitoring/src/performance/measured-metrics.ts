import { metricTable, type Predictions, quantile, seeded } from '@trestle/statistics';
import type { LabelledRow } from '../log/read-labelled.ts';
import type { ModelFacts } from '../model-facts.ts';
import { binaryOf } from './estimate.ts';
import type { MeasuredMetric } from './model-performance.ts';
import { probabilitiesOf, scoreOf } from './read-output.ts';

export const CONFIDENCE = 0.95;
/** Rows that are measured and resampled at most: the newest. */
export const MOST_ROWS = 2_000;
/** Rows of a window or a segment of which a metric is told. */
export const FEWEST = 50;
/** Windows that rows are parted into at most. */
export const WINDOWS = 8;

/** A labelled row as numbers. */
export interface Known {
  readonly row: LabelledRow;
  /** The place of its class, or its number. */
  readonly target: number;
  /** The probability of the second of two classes, or a number. */
  readonly score: number;
  /** The place of the class that was said. */
  readonly said: number;
}

/** Labelled rows as numbers; what cannot be read as the model's is left out. */
export function knownOf(facts: ModelFacts, rows: readonly LabelledRow[]): Known[] {
  return rows.flatMap((row): Known[] => {
    if (facts.task === 'regression') {
      const [score, target] = [scoreOf(facts, row.output), Number(row.label)];
      return score === undefined || !Number.isFinite(target) ? [] : [{ row, target, score, said: 0 }];
    }
    const target = facts.classes.indexOf(String(row.label));
    const said = facts.classes.indexOf(String(row.output.label));
    const probabilities = probabilitiesOf(facts, row.output);
    if (target < 0 || (said < 0 && !probabilities)) return [];
    return [
      {
        row,
        target,
        score: probabilities?.[1] ?? said,
        said: said < 0 ? placeOfBest(probabilities ?? []) : said,
      },
    ];
  });
}

const placeOfBest = (values: readonly number[]): number => values.indexOf(Math.max(...values));

/** All metrics of a task that are defined on these rows, with intervals by drawing rows anew (B. Efron, Ann. Statist. 7, 1979). */
export function metricsOf(facts: ModelFacts, known: readonly Known[], draws: number): MeasuredMetric[] {
  const { task } = facts;
  if (task === undefined || known.length === 0) return [];
  const used = known.slice(0, MOST_ROWS);
  const predictionsOf = (places: ArrayLike<number>, ofLabels: boolean): Predictions => {
    const pick = (of: (one: Known) => number): Float64Array =>
      Float64Array.from(places, (place) => {
        const one = used[place];
        return one ? of(one) : Number.NaN;
      });
    const targets = pick((one) => one.target);
    if (task === 'binary')
      return binaryOf(
        targets,
        pick((one) => (ofLabels ? one.said : one.score)),
      );
    if (task === 'regression')
      return { task, targets, scores: pick((one) => one.score), classes: 0, threshold: 0.5 };
    // What was said stands for the probabilities where only decisions are measured.
    const classes = facts.classes.length;
    const scores = new Float64Array(places.length * classes);
    for (let row = 0; row < places.length; row++) {
      const one = used[places[row] ?? 0];
      if (!one) continue;
      const probabilities = ofLabels ? undefined : probabilitiesOf(facts, one.row.output);
      if (probabilities) scores.set(probabilities, row * classes);
      else scores[row * classes + one.said] = 1;
    }
    return { task, targets, scores, classes, threshold: 0.5 };
  };
  const all = Int32Array.from({ length: used.length }, (_, k) => k);
  const hasScores =
    task === 'regression' || used.every(({ row }) => probabilitiesOf(facts, row.output) !== undefined);
  const wanted = metricTable.filter(
    ({ tasks, isOfLabels }) => tasks.includes(task) && (hasScores || isOfLabels),
  );
  const random = seeded(1);
  const drawn = new Map<string, number[]>(wanted.map(({ name }) => [name, []]));
  if (used.length >= FEWEST)
    for (let draw = 0; draw < draws; draw++) {
      const places = Int32Array.from(all, () => Math.floor(random() * all.length));
      const [ofScores, ofLabels] = [predictionsOf(places, false), predictionsOf(places, true)];
      for (const metric of wanted) {
        const value = metric.measure(metric.isOfLabels ? ofLabels : ofScores);
        if (value !== undefined && Number.isFinite(value)) drawn.get(metric.name)?.push(value);
      }
    }
  return wanted.map((metric) => {
    const value = metric.measure(predictionsOf(all, metric.isOfLabels ?? false));
    const values = (drawn.get(metric.name) ?? []).toSorted((a, b) => a - b);
    return {
      metric: metric.name,
      better: metric.better,
      value: value === undefined || !Number.isFinite(value) ? null : value,
      ...(values.length >= draws / 2 && draws > 0
        ? {
            interval: {
              low: quantile(values, (1 - CONFIDENCE) / 2),
              high: quantile(values, (1 + CONFIDENCE) / 2),
            },
          }
        : {}),
    };
  });
}

export function momentsOf(values: readonly number[]): { readonly mean: number; readonly variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    mean,
    variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1),
  };
}
