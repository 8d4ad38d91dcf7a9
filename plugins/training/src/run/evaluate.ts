import type { ClassesReport, Metrics, Pictures } from '@trestle/contracts';
import { invariant } from '@trestle/kernel';
import { baselineOf, measureBaseline } from '../evaluation/baseline.ts';
import { measure, reportOf } from '../evaluation/metrics.ts';
import { picturesOf } from '../evaluation/pictures.ts';
import { scoreModel } from '../evaluation/score-model.ts';
import type { Prepared } from '../preparation/prepare.ts';
import { targetsOf } from '../selection/designs.ts';
import { takeRows } from '../table/table.ts';
import type { FittedRows } from './fit-rows.ts';

/** How good a model is on rows that it was not fitted to. */
export interface Evaluation {
  readonly train: Metrics;
  readonly test: Metrics;
  /** Of whoever learns nothing, on the same rows. */
  readonly baseline: Metrics;
  readonly classes: ClassesReport | undefined;
  readonly pictures: Pictures | undefined;
  /** The answers on the held-out rows. */
  readonly scores: Float64Array;
  readonly notes: readonly string[];
}

/**
 * Scores all rows, each by a model of the other folds.
 *
 * @param fit fits what was chosen to some rows
 */
export async function crossScores(
  { table, target, split }: Prepared,
  fit: (rows: Int32Array) => Promise<FittedRows>,
): Promise<Float64Array> {
  const width = target.task === 'multiclass' ? target.classes.length : 1;
  const scores = new Float64Array(split.test.length * width);
  const place = new Map(Array.from(split.test, (row, at) => [row, at]));
  const answered = new Set<number>();
  for (const { train, test } of split.folds ?? []) {
    const { model } = await fit(train);
    const found = await scoreModel(model, takeRows(table, test));
    for (const [at, row] of test.entries()) {
      scores.set(found.subarray(at * width, (at + 1) * width), invariant(place.get(row), 'a row') * width);
      answered.add(row);
    }
  }
  // A row of no fold would keep the score 0, and be measured by it.
  invariant(answered.size === place.size || undefined, 'a fold that holds each row');
  return scores;
}

/**
 * Measures a model on the rows that it was fitted to and on those that are held out, both through its graph.
 *
 * @param crossed the scores of the held rows where other models than this one gave them
 */
export async function evaluate(
  prepared: Prepared,
  { model, rows }: FittedRows,
  held: Int32Array,
  threshold: number,
  crossed?: Float64Array,
): Promise<Evaluation> {
  const { table, target, deciding, metrics } = prepared;
  const { task, classes } = target;
  const scores = crossed ?? (await scoreModel(model, takeRows(table, held)));
  const trainScores = await scoreModel(model, takeRows(table, rows));
  const targets = targetsOf(prepared, held);
  const test = measureOn(prepared, scores, held, threshold);
  const report = reportOf({ task, targets, scores, classes: classes.length, threshold }, classes);
  const baseline = baselineOf(task, targetsOf(prepared, rows), classes, deciding.metric);
  const unknown = Object.entries(test).flatMap(([name, value]) => (value === null ? [name] : []));
  return {
    train: measureOn(prepared, trainScores, rows, threshold),
    test,
    baseline: measureBaseline(baseline, task, targets, classes.length, metrics),
    classes: report,
    pictures: picturesOf({ task, targets, scores }),
    scores,
    notes: [
      ...unfound(prepared, report, threshold),
      ...(unknown.length > 0
        ? [
            `No number on the held-out part: ${unknown.join(', ')}. The model's answers are infinite or no numbers there.`,
          ]
        : []),
    ],
  };
}

/** A model that never says the class that is looked for is of no use at that threshold, however accurate it is. */
function unfound(
  { target }: Prepared,
  report: ClassesReport | undefined,
  threshold: number,
): readonly string[] {
  const [, positive] = report?.each ?? [];
  if (target.task !== 'binary' || !positive || positive.rows === 0 || positive.recall > 0) return [];
  return [
    `At the threshold ${Number(threshold.toPrecision(4))} the model finds none of the ${positive.rows} held-out rows of "${positive.class}": --threshold tuned or --class-weight balanced makes it look for them.`,
  ];
}

export function measureOn(
  prepared: Prepared,
  scores: Float64Array,
  rows: Int32Array,
  threshold: number,
): Metrics {
  const { target, metrics, deciding } = prepared;
  if (rows.length === 0) return {};
  const { name } = deciding.metric;
  const { [name]: decides, ...others } = measure(
    target.task,
    targetsOf(prepared, rows),
    scores,
    target.classes.length,
    threshold,
    metrics,
  );
  // What decides stands first, wherever only the first few are shown.
  return { ...(decides === undefined ? {} : { [name]: decides }), ...others };
}
