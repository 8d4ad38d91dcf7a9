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

/** What only some splits have, and what they stand in place of. */
function checkSplit({ split, splitColumn, group, hold, timeColumn, test, folds, refit }: TrainingSpec): void {
  const named = split !== undefined ? '--split' : splitColumn !== undefined ? '--split-column' : undefined;
  const [message, hint] =
    named === undefined && hold !== 'test'
      ? [`--hold ${hold} names a part, and nothing names the parts.`, 'Give --split or --split-column.']
      : split !== undefined && splitColumn !== undefined
        ? ['--split and --split-column each say which rows are held out.', 'Leave one of them out.']
        : group !== undefined && (named !== undefined || timeColumn !== undefined)
          ? [
              `--group and ${named ?? '--time-column'} each say which rows are held out.`,
              'Leave one of them out; "trestle data split --kind grouped" records a split of whole groups.',
            ]
          : named !== undefined && timeColumn !== undefined
            ? [
                `${named} and --time-column each say which rows are held out.`,
                'Leave one of them out; "trestle data split --kind time" records a split by time.',
              ]
            : test === 0 && hold !== 'test'
              ? [
                  `--test 0 holds each part out once, and --hold ${hold} one of them.`,
                  'Leave one of them out.',
                ]
              : test === 0 && named !== undefined && folds !== undefined
                ? [`--folds and ${named} each say what is held out in turn.`, 'Leave one of them out.']
                : timeColumn !== undefined && (test === 0 || folds !== undefined)
                  ? [
                      'Folds mix earlier and later rows, which --time-column keeps apart.',
                      'Leave --test 0 and --folds out, or the time column.',
                    ]
                  : test === 0 && refit === 'no'
                    ? [
                        '--test 0 fits a model to each fold, and --refit no keeps none that is fitted to all rows.',
                        'Leave one of them out.',
                      ]
                    : [undefined, undefined];
  if (message !== undefined) throw trainError('SPLIT_UNCLEAR', { kind: 'invalid', message, hint });
}
