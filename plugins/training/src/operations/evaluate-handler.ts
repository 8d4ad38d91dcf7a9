import { datasetsToken, type ModelVersion, modelsToken } from '@trestle/contracts';
import type { Table } from '@trestle/features';
import { type Context, didYouMean } from '@trestle/kernel';
import { type Model, type ModelSchema, openModel } from '@trestle/model';
import { baselineOf, measureBaseline } from '../evaluation/baseline.ts';
import { bootstrap } from '../evaluation/intervals.ts';
import { allMetrics, measure, properMetric, reportOf } from '../evaluation/metrics.ts';
import { modelTable } from '../evaluation/model-table.ts';
import { scoreModel } from '../evaluation/score-model.ts';
import { worstSlices } from '../evaluation/slices.ts';
import { readTable, takeRows } from '../table/table.ts';
import { labelTexts } from '../table/target.ts';
import { trainError } from '../train-error.ts';

interface EvaluateInput {
  readonly model: string;
  readonly data: string;
  readonly target?: string | undefined;
  readonly threshold?: number | undefined;
  readonly seed: number;
}

/** Measures a model on all rows of a dataset that have a label. @throws TRS_TRAIN_NO_SCHEMA, TRS_TRAIN_UNKNOWN_COLUMN, TRS_TRAIN_LABELS, TRS_TRAIN_UNREADABLE */
export async function evaluateModel(ctx: Context, input: EvaluateInput) {
  const models = await ctx.service(modelsToken);
  const version = await models.resolve(input.model);
  return await evaluateOpened(ctx, await openModel(await models.bytes(version)), version, input);
}

/** The same of a model that is open, and perhaps not registered yet. */
export async function evaluateOpened(
  ctx: Context,
  model: Model,
  version: Pick<ModelVersion, 'name' | 'version' | 'dataset'>,
  input: EvaluateInput,
) {
  const datasets = await ctx.service(datasetsToken);
  const schema = model.metadata?.schema;
  if (!schema) throw noSchema(input.model);
  const { task, classes } = schema;
  const dataset = await datasets.resolve(input.data);
  const reference = `${dataset.dataset}@${dataset.version}`;
  const target = input.target ?? schema.target;
  const names = dataset.columns.map(({ name }) => name);
  if (!names.includes(target)) {
    throw trainError('UNKNOWN_COLUMN', {
      kind: 'invalid',
      message: `"${reference}" has no column "${target}" with what is true.${didYouMean(target, names)}`,
      hint: `Name it with --target. Columns: ${names.join(', ')}.`,
      details: { column: target },
    });
  }
  const missing = model.features.map(({ name }) => name).filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw trainError('UNKNOWN_COLUMN', {
      kind: 'invalid',
      message: `"${reference}" lacks ${missing.map((name) => `"${name}"`).join(', ')}, which the model reads.`,
      hint: 'Add the columns: without them the model would be measured on guesses.',
      details: { columns: missing },
    });
  }
  ctx.progress({ step: `reading ${reference}`, fraction: 0.05 });
  const columns = [...new Set([...model.features.map(({ name }) => name), target])];
  const read = await readTable(datasets, dataset, columns, undefined, ctx.signal);
  const truths = truthsOf(read, target, schema);
  const labelled = Int32Array.from(truths.keys()).filter((row) => !Number.isNaN(truths[row]));
  if (labelled.length === 0) throw noLabels(reference, target);
  const table = takeRows(modelTable(read, model.features), labelled);
  const targets = Float64Array.from(labelled, (row) => truths[row] ?? Number.NaN);
  ctx.progress({ step: `asking the model for ${labelled.length} rows`, fraction: 0.2 });
  const scores = await scoreModel(model, table);
  const threshold = input.threshold ?? schema.threshold;
  const metrics = allMetrics(ctx).filter(({ tasks }) => tasks.includes(task));
  const width = scores.length / labelled.length;
  const measured = (places: Int32Array) =>
    measure(
      task,
      Float64Array.from(places, (place) => targets[place] ?? Number.NaN),
      taken(scores, width, places),
      classes.length,
      threshold,
      metrics,
    );
  ctx.progress({ step: 'intervals', fraction: 0.5 });
  const baseline = baselineOf(task, targets, classes, properMetric(task));
  const losses = lossesOf(task, targets, scores, width);
  return {
    model: { name: version.name, version: version.version },
    dataset: reference,
    target,
    task,
    ...(task === 'binary' ? { positive: classes[1], threshold } : {}),
    rows: labelled.length,
    metrics: measure(task, targets, scores, classes.length, threshold, metrics),
    baseline: {
      name: baseline.name,
      metrics: measureBaseline(baseline, task, targets, classes.length, metrics),
    },
    intervals: await bootstrap(labelled.length, measured, input.seed, ctx.signal),
    classes: reportOf({ task, targets, scores, classes: classes.length, threshold }, classes),
    slices: losses.every(Number.isFinite) ? [...worstSlices(table, losses)] : [],
    notes: notesOf(read.rows - labelled.length, version.dataset, reference),
  };
}

/** Class indices, or numbers; NaN where there is none. @throws TRS_TRAIN_LABELS naming those that are no class of the model */
function truthsOf({ columns }: Table, target: string, { task, classes }: ModelSchema): Float64Array {
  const column = columns[target];
  if (!column) throw new RangeError(`The column "${target}" was not read.`);
  if (task === 'regression') {
    if (column.type !== 'string' && column.type !== 'image') return Float64Array.from(column.values);
    throw trainError('LABELS', {
      kind: 'invalid',
      message: `"${target}" holds ${column.type}s, and the model predicts numbers.`,
      hint: 'Name the column with what is true with --target.',
    });
  }
  const texts = labelTexts(column);
  const place = new Map(classes.map((name, index) => [name, index]));
  const unknown = [...new Set(texts)].filter((text) => text !== '' && !place.has(text));
  if (unknown.length > 0) {
    const shown = unknown.slice(0, 10).map((name) => `"${name}"`);
    throw trainError('LABELS', {
      kind: 'invalid',
      message: `"${target}" holds ${shown.join(', ')}${unknown.length > 10 ? `, and ${unknown.length - 10} more` : ''}, which ${unknown.length === 1 ? 'is no class' : 'are no classes'} of the model.`,
      hint: `Its classes are ${classes.map((name) => `"${name}"`).join(', ')}.`,
      details: { labels: unknown.slice(0, 100) },
    });
  }
  return Float64Array.from(texts, (text) => place.get(text) ?? Number.NaN);
}

function taken(scores: Float64Array, width: number, places: Int32Array): Float64Array {
  const some = new Float64Array(places.length * width);
  for (const [at, place] of places.entries())
    some.set(scores.subarray(place * width, (place + 1) * width), at * width);
  return some;
}

/** The smallest probability that a loss is taken of: that of 0 is infinite. */
const LEAST = 1e-15;

/** What each row loses: the squared error, or minus the logarithm of the probability of what is true. */
function lossesOf(
  task: ModelSchema['task'],
  targets: Float64Array,
  scores: Float64Array,
  width: number,
): Float64Array {
  return targets.map((truth, row) => {
    const score = scores[row] ?? Number.NaN;
    if (task === 'regression') return (score - truth) ** 2;
    const given =
      task === 'binary' ? (truth === 1 ? score : 1 - score) : (scores[row * width + truth] ?? Number.NaN);
    return -Math.log(Math.max(LEAST, given));
  });
}

const notesOf = (unlabelled: number, trainedOn: string | undefined, reference: string): string[] => [
  ...(unlabelled > 0 ? [`${unlabelled} rows without a label are left out.`] : []),
  ...(trainedOn === reference
    ? ['The model was trained on this very version: on rows that it has not seen it is worse.']
    : []),
];

const noSchema = (model: string) =>
  trainError('NO_SCHEMA', {
    kind: 'conflict',
    message: `"${model}" does not say what it predicts: it was not packaged by a training here.`,
    hint: 'Measure what it answers with a program of your own: "trestle predict" writes it to a file.',
  });

const noLabels = (reference: string, target: string) =>
  trainError('LABELS', {
    kind: 'invalid',
    message: `No row of "${reference}" has a value in "${target}".`,
    hint: 'Name the column with what is true with --target.',
  });
