import type { ClassesReport, Metrics } from '@trestle/contracts';
import { baselineOf, measureBaseline } from '../evaluation/baseline.ts';
import { measure, reportOf } from '../evaluation/metrics.ts';
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
  /** The answers on the held-out rows. */
  readonly scores: Float64Array;
  readonly notes: readonly string[];
}

/** Measures a model on the rows that it was fitted to and on those that are held out, both through its graph. */
export async function evaluate(
  prepared: Prepared,
  { model, rows }: FittedRows,
  held: Int32Array,
  threshold: number,
): Promise<Evaluation> {
  const { table, target, deciding, metrics } = prepared;
  const { task, classes } = target;
  const scores = await scoreModel(model, takeRows(table, held));
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
  const { target, metrics } = prepared;
  if (rows.length === 0) return {};
  return measure(target.task, targetsOf(prepared, rows), scores, target.classes.length, threshold, metrics);
}
