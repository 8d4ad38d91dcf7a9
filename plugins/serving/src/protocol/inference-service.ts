import { type Deployment, modelsToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { featureInputs, predictionOutputs } from '../exchange/feature-tensors.ts';
import { describeTensors } from '../exchange/graph-tensors.ts';
import { DATATYPES } from '../exchange/open-inference-schema.ts';
import { inferencePoolToken } from '../inference/inference-pool-token.ts';
import { routingToken } from '../traffic/routing-token.ts';
import type { Assigned } from '../traffic/watched.ts';

// What the protocol says, over whichever wire it is asked.

/** A deployment, which the protocol calls a model, and the version of the model behind it; '' is the one that serves. */
export interface Named {
  readonly model: string;
  readonly version: string;
}

export const SERVER = {
  name: 'trestle',
  version: '0.1.0',
  extensions: ['binary_tensor_data', 'model_repository', 'statistics', 'model_configuration'],
};

/** The deployment at the version that is named, if one is. @throws TRS_SERVING_UNKNOWN_DEPLOYMENT, TRS_REGISTRY_UNKNOWN_… */
export async function findModel(ctx: Context, { model, version }: Named): Promise<Deployment> {
  const deployment = await (await ctx.service(routingToken)).current(model);
  const { name } = deployment.model;
  if (version === '' || version === String(deployment.model.version)) return deployment;
  const other = await (await ctx.service(modelsToken)).resolve(`${name}@${version}`);
  return { ...deployment, model: { name, version: other.version, digest: other.digest } };
}

/** The version that answers a request: the one that is named if one is, and no rollout asks for it. */
export const assignModel = async (
  ctx: Context,
  named: Named,
  headers?: Pick<Headers, 'get'>,
): Promise<Assigned> =>
  named.version === ''
    ? await (await ctx.service(routingToken)).assign(named.model, headers)
    : { deployment: await findModel(ctx, named) };

async function describe(ctx: Context, { model, executor }: Deployment) {
  return await (await ctx.service(inferencePoolToken)).describe(model.digest, executor);
}

/** Ready means that a thread has the model open. */
export async function modelReadiness(ctx: Context, named: Named) {
  const deployment = await findModel(ctx, named);
  await describe(ctx, deployment);
  return { name: deployment.deployment, ready: true };
}

/** What a model takes and gives. */
export async function modelMetadata(ctx: Context, named: Named) {
  const deployment = await findModel(ctx, named);
  const description = await describe(ctx, deployment);
  const isOurs = description.task !== undefined;
  return {
    name: deployment.deployment,
    versions: [String(deployment.model.version)],
    platform: 'onnx',
    parameters: { executor: description.executor },
    inputs: isOurs ? featureInputs(description) : describeTensors(description.inputs),
    outputs: isOurs
      ? predictionOutputs(description).map(({ name, type }) => ({
          name,
          datatype: DATATYPES[type],
          shape: [-1],
        }))
      : describeTensors(description.outputs),
    isBatched: isOurs,
  };
}
