import { randomBytes } from 'node:crypto';
import {
  type Deployment,
  datasetsToken,
  deploymentsToken,
  modelsToken,
  retrainFinished,
  type TrainingSpec,
  trainingToken,
} from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { resolveAlert } from '../alert/alert-records.ts';
import { bufferedLogToken } from '../log/buffered-log-token.ts';
import { readLabelled } from '../log/read-labelled.ts';
import { monitorError } from '../monitor-error.ts';
import { monitoringConfig, rulesOf } from '../monitoring-config.ts';
import { type Champion, championOf, crown, type ModelRef } from './champion.ts';
import { decide, defaultMetric } from './decide.ts';
import { addLabelledRows } from './labelled-dataset.ts';
import type { RetrainOptions } from './retrain-options.ts';
import { beginRetrain, keepProgress } from './retrain-records.ts';
import type { Collected, RetrainProgress, RetrainResult } from './retrain-result.ts';

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
 * Each finished step is kept: repeated for the same alert or job, it goes on behind the last one, and a finished
 * retraining only tells its result again.
 *
 * @throws TRS_MONITOR_TOO_FEW_LABELS, TRS_MONITOR_NOT_RETRAINABLE, TRS_MONITOR_UNKNOWN_METRIC
 */
export async function retrain(
  ctx: Context,
  input: { readonly deployment: string; readonly alert?: string | undefined },
): Promise<RetrainResult> {
  const metadata = await ctx.service(metadataToken);
  const deployment = await (await ctx.service(deploymentsToken)).get(input.deployment);
  const retraining: Retraining = {
    id: `t-${input.alert ?? ctx.jobId ?? randomBytes(8).toString('hex')}`,
    deployment,
    alert: input.alert,
    options: rulesOf(ctx.config(monitoringConfig), deployment.deployment).retrain,
  };
  let progress = await beginRetrain(metadata, {
    id: retraining.id,
    deployment: deployment.deployment,
    alert: input.alert,
  });
  if (progress.result) return progress.result;
  const keep = async <T extends RetrainProgress>(more: T): Promise<T> => {
    progress = { ...progress, ...more };
    await keepProgress(metadata, retraining.id, progress);
    ctx.signal.throwIfAborted();
    return more;
  };

  // The champion is the one of the first attempt: a later one may find the deployment serving the challenger already.
  const champion = await championOf(ctx, progress.collected?.champion ?? deployment.model);
  const collected =
    progress.collected ?? (await keep({ collected: await collect(ctx, retraining, champion) })).collected;
  const run = progress.run ?? (await keep({ run: await train(ctx, champion, collected) })).run;
  const challenger =
    progress.challenger ?? (await keep({ challenger: await register(ctx, champion, run) })).challenger;
  const result = await judge(ctx, retraining, { champion, collected, run, challenger });
  await keep({ result });
  await finish(ctx, result);
  return result;
}

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
  if (newestFirst.length < options.minLabels) {
    throw monitorError('TOO_FEW_LABELS', {
      kind: 'conflict',
      message: `"${deployment.deployment}" has ${newestFirst.length} labelled rows; ${options.minLabels} are needed to retrain.`,
      hint: 'Send labels (trestle monitor feedback), or lower retrain.minLabels in the monitoring configuration.',
      details: { labelledRows: newestFirst.length, minLabels: options.minLabels },
    });
  }
  const datasets = await ctx.service(datasetsToken);
  const added = await addLabelledRows(datasets, ctx, {
    spec: champion.run.spec,
    base: await datasets.resolve(champion.dataset),
    rows: newestFirst.toReversed(),
    holdout: options.holdout,
    source: `retraining ${retraining.id}`,
    madeFrom: [
      `deployment:${deployment.deployment}@${deployment.revision}`,
      ...(alert === undefined ? [] : [`alert:${alert}`]),
    ],
  });
  const { name, version } = champion.model;
  return { champion: { name, version }, labelledRows: newestFirst.length, ...added };
}

async function train(ctx: Context, champion: Champion, collected: Collected): Promise<string> {
  ctx.progress({ step: `training on ${collected.dataset}`, fraction: 0.15 });
  const training = await ctx.service(trainingToken);
  const run = await training.train(ctx, {
    ...withoutSplit(champion.run.spec),
    data: collected.dataset,
    test: collected.trainingTest,
  });
  return run.run;
}

async function register(ctx: Context, champion: Champion, runId: string): Promise<ModelRef> {
  ctx.progress({ step: 'registering the challenger', fraction: 0.75 });
  const training = await ctx.service(trainingToken);
  const models = await ctx.service(modelsToken);
  const bytes = await training.modelBytes(await training.run(runId));
  const { name, version } = await models.register(ctx, { name: champion.model.name, bytes });
  await models.promote(ctx, { name, version, alias: 'challenger' });
  return { name, version };
}

/** Compares both on the same rows and lets the better one be the champion. */
async function judge(
  ctx: Context,
  { id, deployment, alert, options }: Retraining,
  made: {
    readonly champion: Champion;
    readonly collected: Collected;
    readonly run: string;
    readonly challenger: ModelRef;
  },
): Promise<RetrainResult> {
  ctx.progress({ step: 'comparing champion and challenger', fraction: 0.85 });
  const { champion, collected, challenger } = made;
  const training = await ctx.service(trainingToken);
  const models = await ctx.service(modelsToken);
  const compared = await training.compare(ctx, {
    models: [await models.bytes(champion.model), await training.modelBytes(await training.run(made.run))],
    spec: {
      ...withoutSplit(champion.run.spec),
      data: collected.comparison.dataset,
      test: collected.comparison.test,
    },
  });
  const metric = options.metric ?? defaultMetric(champion.run.task);
  const metrics = { champion: compared.metrics[0] ?? {}, challenger: compared.metrics[1] ?? {} };
  const decision = decide(metrics.champion, metrics.challenger, metric, options.margin);
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
  for (const kind of ['drift', 'performance'] as const) {
    await resolveAlert(metadata, ctx, { deployment, kind }, reason);
  }
}

/** A recorded split names rows of the version that the champion learnt from, and of no other. */
function withoutSplit({ split: _split, ...spec }: TrainingSpec): TrainingSpec {
  return spec;
}
