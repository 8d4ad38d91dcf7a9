import { type ModelVersion, modelsToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { type Model, type ModelSchema, openModel } from '@trestle/model';
import { compareRivals } from '../evaluation/against.ts';
import { askedRows, groupOf } from '../evaluation/asked-rows.ts';
import { baselineOf, measureBaseline } from '../evaluation/baseline.ts';
import { groupDraws, rowDraws } from '../evaluation/draws.ts';
import { bootstrap } from '../evaluation/intervals.ts';
import { allMetrics, measure, properMetric, reportOf } from '../evaluation/metrics.ts';
import { noSchema, openRival, type Rival } from '../evaluation/rival.ts';
import { scoreModel } from '../evaluation/score-model.ts';
import { worstSlices } from '../evaluation/slices.ts';

interface EvaluateInput {
  readonly model: string;
  readonly data: string;
  readonly target?: string | undefined;
  readonly threshold?: number | undefined;
  readonly group?: string | undefined;
  readonly against?: string | undefined;
  readonly seed: number;
}

/** Measures a model on all rows of a dataset that have a label. @throws TRS_TRAIN_NO_SCHEMA, TRS_TRAIN_UNKNOWN_COLUMN, TRS_TRAIN_LABELS, TRS_TRAIN_UNREADABLE, TRS_TRAIN_RIVALS */
export async function evaluateModel(ctx: Context, input: EvaluateInput) {
  const models = await ctx.service(modelsToken);
  const version = await models.resolve(input.model);
  return await evaluateOpened(ctx, await openModel(await models.bytes(version)), version, input);
}

type Named = Pick<ModelVersion, 'name' | 'version' | 'dataset' | 'run'>;

/** The same of a model that is open, and perhaps not registered yet. */
export async function evaluateOpened(ctx: Context, model: Model, version: Named, input: EvaluateInput) {
  const schema = model.metadata?.schema;
  if (!schema) throw noSchema(input.model);
  const { task, classes } = schema;
  const rival =
    input.against === undefined ? undefined : await openRival(ctx, input.against, model, input.model);
  const { column: group, note: ofGroups } = await groupOf(ctx, version, input.group);
  const asked = await askedRows(ctx, rival ? [model, rival.model] : [model], schema, input, group);
  const { reference, target, targets, table } = asked;
  const rows = targets.length;
  ctx.progress({ step: `asking the model for ${rows} rows`, fraction: 0.2 });
  const scores = await scoreModel(model, asked.tableFor(model));
  const threshold = input.threshold ?? schema.threshold;
  const metrics = allMetrics(ctx).filter(({ tasks }) => tasks.includes(task));
  const measuring = (of: Float64Array, from: number) => (places: Int32Array) =>
    measure(
      task,
      Float64Array.from(places, (place) => targets[place] ?? Number.NaN),
      taken(of, of.length / rows, places),
      classes.length,
      from,
      metrics,
    );
  const draw = asked.groups ? groupDraws(asked.groups, input.seed) : rowDraws(rows, input.seed);
  const comparedWith = async ({ model: other, version: of }: Rival) => {
    ctx.progress({ step: `comparing with ${of.name}@${of.version}`, fraction: 0.7 });
    const others = await scoreModel(other, asked.tableFor(other));
    await other.close();
    const from = input.threshold ?? other.metadata?.schema.threshold ?? threshold;
    const right = {
      own: rightOf(task, targets, scores, threshold),
      others: rightOf(task, targets, others, from),
    };
    const differences = await compareRivals(
      {
        ...{ rows, draw, metrics, isGrouped: asked.groups !== undefined },
        measure: measuring(scores, threshold),
        measureOther: measuring(others, from),
        ...(task === 'binary' ? { ranked: { truths: targets, scores, others } } : {}),
        ...(task === 'regression' ? {} : { right }),
      },
      ctx.signal,
    );
    return { model: { name: of.name, version: of.version }, differences };
  };
  ctx.progress({ step: 'intervals', fraction: 0.5 });
  const baseline = baselineOf(task, targets, classes, properMetric(task));
  const losses = lossesOf(task, targets, scores, scores.length / rows);
  const intervals = await bootstrap(draw, measuring(scores, threshold), ctx.signal);
  const against = rival && (await comparedWith(rival));
  return {
    model: { name: version.name, version: version.version },
    dataset: reference,
    target,
    task,
    ...(task === 'binary' ? { positive: classes[1], threshold } : {}),
    rows,
    ...(asked.groups ? { groups: { column: group ?? '', count: new Set(asked.groups).size } } : {}),
    metrics: measure(task, targets, scores, classes.length, threshold, metrics),
    baseline: {
      name: baseline.name,
      metrics: measureBaseline(baseline, task, targets, classes.length, metrics),
    },
    intervals,
    ...(against ? { against } : {}),
    classes: reportOf({ task, targets, scores, classes: classes.length, threshold }, classes),
    slices: losses.every(Number.isFinite) ? [...worstSlices(table, losses)] : [],
    notes: [...notesOf(asked.unlabelled, version.dataset, reference), ...ofGroups, ...asked.notes],
  };
}

/** Whether each row is said to be of its class. */
function rightOf(
  task: ModelSchema['task'],
  targets: Float64Array,
  scores: Float64Array,
  threshold: number,
): Uint8Array {
  const width = scores.length / targets.length;
  return Uint8Array.from(targets, (truth, row) => {
    if (task === 'binary') return Number(Number((scores[row] ?? 0) >= threshold) === truth);
    let best = 0;
    for (let one = 1; one < width; one++)
      if ((scores[row * width + one] ?? 0) > (scores[row * width + best] ?? 0)) best = one;
    return Number(best === truth);
  });
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
