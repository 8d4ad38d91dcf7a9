import {
  type Deployment,
  datasetsToken,
  deploymentsToken,
  findMetric,
  modelsToken,
  retrainFinished,
  type TrackedRun,
  type Tracking,
  type Training,
  type TrainingSpec,
  trackingToken,
  trainingToken,
} from '@trestle/contracts';
import { type Context, toTrestleError } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { resolveAlerts } from '../alert/alert-records.ts';
import { bufferedLogToken } from '../log/buffered-log-token.ts';
import { readLabelled } from '../log/read-labelled.ts';
import { monitorError } from '../monitor-error.ts';
import { monitoringConfig, rulesOf } from '../rules/monitoring-config.ts';
import { labelsNeeded, type RetrainOptions } from '../rules/retrain-options.ts';
import { type Champion, championOf, crown, type ModelRef } from './champion.ts';
import { decide, defaultMetric } from './decide.ts';
import { addLabelledRows } from './labelled-dataset.ts';
import { type Collected, modelRefSchema, type RetrainResult, retrainResultSchema } from './retrain-result.ts';

/** Retrainings of one deployment among which that of an alert is looked for. */
const MAX_LOOKED_AT = 1_000;

interface Retraining {
  readonly id: string;
  readonly deployment: Deployment;
  readonly alert: string | undefined;
  readonly options: RetrainOptions;
}

/**
 * Retrains the model of a deployment on its training data and the labelled live rows, registers the result as the
 * challenger, and lets it replace the champion if it is better on rows that neither has seen.
 *
 * A tracked run with steps: repeated for the same alert, or in the same job, it goes on behind the last one, and a
 * finished retraining only tells its result again.
 *
 * @throws TRS_MONITOR_TOO_FEW_LABELS, TRS_MONITOR_NOT_RETRAINABLE, TRS_MONITOR_UNKNOWN_METRIC
 */
export async function retrain(
  ctx: Context,
  input: { readonly deployment: string; readonly alert?: string | undefined },
): Promise<RetrainResult> {
  const deployment = await (await ctx.service(deploymentsToken)).get(input.deployment);
  const tracking = await ctx.service(trackingToken);
  const earlier =
    input.alert === undefined ? undefined : await retrainingFor(tracking, deployment, input.alert);
  if (earlier?.status === 'succeeded') return retrainResultSchema.parse(earlier.result);
  // What was undone is begun anew.
  const isToGoOn = earlier?.job !== undefined && earlier.job !== ctx.jobId && earlier.undone !== true;
  if (isToGoOn && earlier.job !== undefined) await ctx.takeOver(earlier.job);
  const recorder = await tracking.begin(ctx, {
    kind: 'retraining',
    experiment: deployment.deployment,
    facts: {
      deployment: deployment.deployment,
      ...(input.alert === undefined ? {} : { alert: input.alert }),
    },
  });
  const retraining: Retraining = {
    id: recorder.run,
    deployment,
    alert: input.alert,
    options: rulesOf(ctx.config(monitoringConfig), deployment.deployment).retrain,
  };
  let collected: Collected | undefined;
  try {
    // Kept first: at a later attempt the deployment may serve the challenger already.
    const served = await recorder.step('champion', async () => modelRefSchema.parse(deployment.model));
    const champion = await championOf(ctx, served);
    const rows = await recorder.step('collect', (within) => collect(within, retraining, champion));
    collected = rows;
    const run = await recorder.step('train', (within) => train(within, champion, rows, recorder.run));
    // Compared first: a challenger that cannot be is no version of the model.
    const compared = await recorder.step('compare', (within) => compareWith(within, champion, rows, run));
    const challenger = await recorder.step('register', (within) => register(within, champion, run));
    const made = { champion, collected: rows, run, challenger, compared };
    const result = await recorder.step('judge', (within) => judge(within, retraining, made));
    await recorder.step('tell', (within) => finish(within, result));
    await recorder.end({ status: 'succeeded', facts: { result } });
    return result;
  } catch (thrown) {
    const { code, kind, message } = toTrestleError(thrown);
    // What cannot be trained on, or compared, can never be: it is as if nothing had been added.
    if (collected && (kind === 'invalid' || kind === 'conflict')) {
      await undo(ctx, collected, recorder.run);
      await recorder.end({ status: 'failed', error: `${code}: ${message}`, facts: { undone: true } });
    } else await recorder.fail(thrown);
    throw thrown;
  }
}

/** Takes back the versions that a retraining has added: the newest ones are again what they were. */
async function undo(ctx: Context, collected: Collected, run: string): Promise<void> {
  const datasets = await ctx.service(datasetsToken);
  for (const reference of new Set([collected.dataset, collected.comparison.dataset])) {
    const version = await datasets.resolve(reference).catch(() => undefined);
    if (version?.source === sourceOf(run)) await datasets.retire(ctx, reference);
  }
}

/** What the versions of a retraining are called after. */
const sourceOf = (run: string): string => `retraining ${run}`;

/** The retraining that answers an alert already, however far it came. */
const retrainingFor = async (
  tracking: Tracking,
  { deployment }: Deployment,
  alert: string,
): Promise<TrackedRun | undefined> =>
  (await tracking.list({ kind: 'retraining', experiment: deployment, limit: MAX_LOOKED_AT })).find(
    (run) => run.alert === alert,
  );

/** Takes the labelled rows that the champion answered into a dataset version. */
async function collect(ctx: Context, retraining: Retraining, champion: Champion): Promise<Collected> {
  ctx.progress({ step: 'collecting labelled rows', fraction: 0.05 });
  const { deployment, options, alert } = retraining;
  await (await ctx.service(bufferedLogToken)).flush();
  const newestFirst = await readLabelled(
    await ctx.service(metadataToken),
    { deployment: deployment.deployment, model: champion.model },
    options.maxRows,
  );
  const needed = labelsNeeded(options, champion.run.spec);
  if (newestFirst.length < needed) {
    const why =
      needed > options.minLabels
        ? `, as a holdout of ${options.holdout} leaves too few of less to compare on`
        : '';
    throw monitorError('TOO_FEW_LABELS', {
      kind: 'conflict',
      message: `"${deployment.deployment}" has ${newestFirst.length} labelled rows; ${needed} are needed to retrain${why}.`,
      hint: 'Send labels (trestle monitor feedback), or set retrain.minLabels and retrain.holdout in the monitoring configuration.',
      details: { labelledRows: newestFirst.length, minLabels: needed },
    });
  }
  const datasets = await ctx.service(datasetsToken);
  const added = await addLabelledRows(datasets, ctx, {
    spec: champion.run.spec,
    base: await datasets.resolve(champion.dataset),
    rows: newestFirst.toReversed(),
    holdout: options.holdout,
    source: sourceOf(retraining.id),
    madeFrom: [
      `deployment:${deployment.deployment}@${deployment.revision}`,
      ...(alert === undefined ? [] : [`alert:${alert}`]),
    ],
  });
  const { name, version } = champion.model;
  return { champion: { name, version }, labelledRows: newestFirst.length, ...added };
}

async function train(
  ctx: Context,
  champion: Champion,
  collected: Collected,
  parent: string,
): Promise<string> {
  ctx.progress({ step: `training on ${collected.dataset}`, fraction: 0.15 });
  const training = await ctx.service(trainingToken);
  const { spec, positive } = champion.run;
  // Where the newest rows of the version itself are compared on, the challenger may never see them.
  const isComparedOn = collected.comparison.dataset === collected.dataset;
  const run = await training.train(
    ctx,
    {
      ...withoutSplit(spec),
      data: collected.dataset,
      test: collected.trainingTest,
      // In other rows another class may be the rarer one.
      positive: spec.positive ?? positive?.class,
      refit: isComparedOn ? 'no' : spec.refit,
    },
    parent,
  );
  return run.run;
}

async function register(ctx: Context, champion: Champion, runId: string): Promise<ModelRef> {
  ctx.progress({ step: 'registering the challenger', fraction: 0.85 });
  const training = await ctx.service(trainingToken);
  const models = await ctx.service(modelsToken);
  const bytes = await training.modelBytes(await training.run(runId));
  const { name, version } = await models.register(ctx, { name: champion.model.name, bytes });
  await models.promote(ctx, { name, version, alias: 'challenger' });
  return { name, version };
}

/** How both do on the rows that neither has seen. */
async function compareWith(
  ctx: Context,
  champion: Champion,
  { comparison }: Collected,
  run: string,
): Promise<Awaited<ReturnType<Training['compare']>>> {
  ctx.progress({ step: 'comparing champion and challenger', fraction: 0.75 });
  const training = await ctx.service(trainingToken);
  const models = await ctx.service(modelsToken);
  const { columns } = await (await ctx.service(datasetsToken)).resolve(comparison.dataset);
  const isThere = (name: string): boolean => columns.some((column) => column.name === name);
  // All recent rows are compared on, whoever's they are; they need not say it.
  const { group: _group, ...whole } = withoutSplit(champion.run.spec);
  return await training.compare(ctx, {
    models: [await models.bytes(champion.model), await training.modelBytes(await training.run(run))],
    spec: {
      ...whole,
      // Live rows need not have what the model does not read, and may have lost what it does.
      exclude: whole.exclude.filter(isThere),
      features: Object.fromEntries(
        Object.entries(whole.features ?? {}).filter(([name, { column }]) => isThere(column ?? name)),
      ),
      data: comparison.dataset,
      test: comparison.test,
    },
  });
}

/** Lets the better one be the champion. */
async function judge(
  ctx: Context,
  { id, deployment, alert, options }: Retraining,
  made: {
    readonly champion: Champion;
    readonly collected: Collected;
    readonly run: string;
    readonly challenger: ModelRef;
    readonly compared: Awaited<ReturnType<Training['compare']>>;
  },
): Promise<RetrainResult> {
  const { champion, collected, challenger, compared } = made;
  const metric = options.metric ?? defaultMetric(champion.run.task);
  const metrics = { champion: compared.metrics[0] ?? {}, challenger: compared.metrics[1] ?? {} };
  const { better } = findMetric(ctx, metric) ?? {};
  const decision = decide(metrics.champion, metrics.challenger, { name: metric, better }, options.margin);
  const crowned = decision.isBetter
    ? await crown(ctx, deployment, champion.model, challenger, options.alias)
    : { promoted: false, reason: 'The champion stays.' };
  return {
    retrain: id,
    deployment: deployment.deployment,
    ...(alert === undefined ? {} : { alert }),
    labelledRows: collected.labelledRows,
    dataset: collected.dataset,
    run: made.run,
    champion: collected.champion,
    challenger,
    rows: compared.rows,
    metric,
    margin: options.margin,
    metrics,
    promoted: crowned.promoted,
    reason: `${decision.reason} ${crowned.reason}`,
  };
}

async function finish(ctx: Context, result: RetrainResult): Promise<void> {
  const metadata = await ctx.service(metadataToken);
  const { deployment, promoted, reason } = result;
  await metadata.change(ctx, async (change) => {
    await change.record(retrainFinished, `deployment:${deployment}`, result);
  });
  if (!promoted) return;
  await resolveAlerts(metadata, ctx, { deployment, kinds: ['drift', 'performance'] }, reason);
}

/** A recorded split names rows of the version that the champion learnt from, and of no other; live rows have no part. */
function withoutSplit({ split: _split, splitColumn, folds: _folds, ...spec }: TrainingSpec): TrainingSpec {
  return {
    ...spec,
    hold: 'test',
    exclude: splitColumn === undefined ? spec.exclude : [...spec.exclude, splitColumn],
  };
}
