import {
  type Deployment,
  deploymentsToken,
  type ModelVersion,
  modelsToken,
  type Run,
  trainingToken,
} from '@trestle/contracts';
import { type Context, isTrestleError } from '@trestle/kernel';
import { monitorError } from '../monitor-error.ts';

export interface ModelRef {
  readonly name: string;
  readonly version: number;
}

export interface Champion {
  readonly model: ModelVersion;
  /** The run that made it: what retraining repeats. */
  readonly run: Run;
  /** The dataset version that it was trained on. */
  readonly dataset: string;
}

/** @throws TRS_MONITOR_NOT_RETRAINABLE for a model that was not trained here */
export async function championOf(ctx: Context, { name, version }: ModelRef): Promise<Champion> {
  const model = await (await ctx.service(modelsToken)).resolve(`${name}@${version}`);
  if (model.run === undefined) {
    throw monitorError('NOT_RETRAINABLE', {
      kind: 'conflict',
      message: `${name}@${version} cannot be retrained: it was not trained here.`,
      hint: 'Retraining repeats the run that made a model; train one with "trestle train --register".',
      details: { model: name, version },
    });
  }
  const run = await (await ctx.service(trainingToken)).run(model.run);
  return { model, run, dataset: run.dataset ?? model.dataset ?? run.spec.data };
}

/**
 * Lets the challenger take over the alias, unless somebody has moved it since to a third version; then the deployment
 * that follows it serves the challenger.
 */
export async function crown(
  ctx: Context,
  deployment: Deployment,
  champion: ModelRef,
  challenger: ModelRef,
  ownAlias: string,
): Promise<{ readonly promoted: boolean; readonly reason: string }> {
  const models = await ctx.service(modelsToken);
  const alias = deployment.follows ?? ownAlias;
  const holder = await models.resolve(`${champion.name}@${alias}`).catch((error: unknown) => {
    if (isTrestleError(error) && error.kind === 'not-found') return undefined;
    throw error;
  });
  if (holder && holder.version !== champion.version && holder.version !== challenger.version) {
    return {
      promoted: false,
      reason: `But "${alias}" was moved to version ${holder.version} meanwhile, and stays there.`,
    };
  }
  if (holder?.version !== challenger.version) await models.promote(ctx, { ...challenger, alias });
  const current = await (await ctx.service(deploymentsToken)).get(deployment.deployment);
  const served =
    current.follows === undefined
      ? ` The deployment follows no alias: "trestle deploy ${champion.name}@${challenger.version} --name ${deployment.deployment}" serves it.`
      : '';
  return { promoted: true, reason: `Version ${challenger.version} is "${alias}" now.${served}` };
}
