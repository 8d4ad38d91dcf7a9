import { deploymentsToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { inferencePoolToken } from '../inference/inference-pool-token.ts';
import { servingError } from '../serving-error.ts';
import { findModel } from './inference-service.ts';

// The repository extension: what may be served, and what is open in this process (Triton's extension_model_repository.md).

/** Every deployment, ready where a thread has its model open. @param isReadyOnly those alone */
export async function repositoryIndex(ctx: Context, isReadyOnly: boolean) {
  const deployments = await (await ctx.service(deploymentsToken)).list();
  const open = (await ctx.service(inferencePoolToken)).stats().digests;
  return deployments
    .map(({ deployment, model }) => ({
      name: deployment,
      version: String(model.version),
      ...(open.has(model.digest)
        ? { state: 'READY', reason: '' }
        : { state: 'UNAVAILABLE', reason: 'it is not open, and is opened by whoever asks for it' }),
    }))
    .filter(({ state }) => !isReadyOnly || state === 'READY');
}

/** Opens the model behind a deployment. */
export async function loadModel(ctx: Context, model: string, parameters: object = {}): Promise<void> {
  checkParameters(parameters);
  const { model: served, executor } = await findModel(ctx, { model, version: '' });
  await (await ctx.service(inferencePoolToken)).describe(served.digest, executor);
}

/** Lets go of it in this process: whoever asks for it opens it again. */
export async function unloadModel(ctx: Context, model: string, parameters: object = {}): Promise<void> {
  checkParameters(parameters);
  const { model: served } = await findModel(ctx, { model, version: '' });
  await (await ctx.service(inferencePoolToken)).forget(served.digest);
}

/** @throws TRS_SERVING_PARAMETER_UNKNOWN */
function checkParameters(parameters: object): void {
  const [unknown] = Object.entries(parameters).filter(([, value]) => value !== false);
  if (!unknown) return;
  throw servingError('PARAMETER_UNKNOWN', {
    kind: 'invalid',
    message: `The parameter ${JSON.stringify(unknown[0].slice(0, 100))} of the request is not known here.`,
    hint: 'A deployment says which model it serves: change it with "trestle deploy".',
    details: { parameter: unknown[0].slice(0, 100) },
  });
}
