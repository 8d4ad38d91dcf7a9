import { modelsToken, type TrainingSpec, trainingToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';

/** Trains, and registers the model if asked to. */
export async function trainAndRegister(
  ctx: Context,
  { register, ...spec }: TrainingSpec & { readonly register?: string | undefined },
) {
  const training = await ctx.service(trainingToken);
  // Asked for first: a run whose model then cannot be registered would be a waste.
  const models = register === undefined ? undefined : await ctx.service(modelsToken);
  const run = await training.train(ctx, spec);
  const result = {
    run: run.run,
    task: run.task,
    dataset: run.dataset,
    metrics: { train: run.metrics.train ?? {}, test: run.metrics.test ?? {} },
    candidates: run.candidates,
    split: run.split,
    notes: run.notes,
  };
  if (!models || register === undefined) return result;
  const { name, version, digest } = await models.register(ctx, {
    name: register,
    bytes: await training.modelBytes(run),
  });
  return { ...result, model: { name, version, digest } };
}
