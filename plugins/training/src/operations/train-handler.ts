import { modelsToken, type TrainingSpec, trainingToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { trainError } from '../train-error.ts';

/** Trains, and registers the model if asked to. */
export async function trainAndRegister(
  ctx: Context,
  { register, ...spec }: TrainingSpec & { readonly register?: string | undefined },
) {
  checkSplit(spec);
  const training = await ctx.service(trainingToken);
  // Asked for first: a run whose model then cannot be registered would be a waste.
  const models = register === undefined ? undefined : await ctx.service(modelsToken);
  const run = await training.train(ctx, spec);
  const result = {
    run: run.run,
    task: run.task,
    dataset: run.dataset,
    target: run.spec.target,
    metrics: {
      train: run.metrics.train ?? {},
      validation: run.validation?.metrics ?? {},
      test: run.metrics.test ?? {},
    },
    metric: run.metric,
    positive: run.positive,
    threshold: run.threshold,
    baseline: run.baseline,
    validation: run.validation?.how,
    features: run.features,
    leftOut: run.leftOut,
    leaks: run.leaks,
    classes: run.classes,
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

/** What only a recorded split has, and what it stands in place of. */
function checkSplit({ split, hold, timeColumn }: TrainingSpec): void {
  const [message, hint] =
    split === undefined && hold !== 'test'
      ? [`--hold ${hold} names a part of a recorded split, and none is given.`, 'Give it with --split.']
      : split !== undefined && timeColumn !== undefined
        ? [
            '--split and --time-column each say which rows are held out.',
            'Leave one of them out; "trestle data split --kind time" records a split by time.',
          ]
        : [undefined, undefined];
  if (message !== undefined) throw trainError('SPLIT_UNCLEAR', { kind: 'invalid', message, hint });
}
