import { isDeepStrictEqual } from 'node:util';
import { datasetsToken, type Run, trainingToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { readModel } from '@trestle/onnx';
import { trainError } from '../train-error.ts';

interface Difference {
  readonly what: string;
  readonly was: string;
  readonly now: string;
}

/** Trains again what a run trained, as a part of it. @throws TRS_TRAIN_NO_TRAINING, TRS_TRAIN_NOT_REPRODUCIBLE */
export async function reproduce(ctx: Context, { run: id }: { readonly run: string }) {
  const training = await ctx.service(trainingToken);
  const first = await training.run(id);
  const { dataset } = first;
  if (first.status !== 'succeeded' || dataset === undefined)
    throw trainError('NOT_REPRODUCIBLE', {
      kind: 'conflict',
      message: `The run "${id}" ${dataset === undefined ? 'keeps no version of its data' : first.status}: there is nothing to come to again.`,
      hint: '"trestle run resume" goes on with one that failed or was interrupted.',
      details: { run: id },
    });
  const { digest } = await (await ctx.service(datasetsToken)).resolve(dataset);
  const again = await training.train(ctx, { ...first.spec, data: dataset }, id);
  const models = [await training.modelBytes(first), await training.modelBytes(again)].map(
    // Metadata names the run and the day: what computes is the graph with its weights.
    (bytes) => readModel(bytes).graph,
  );
  const isSameModel = isDeepStrictEqual(models[0], models[1]);
  const differences = [
    ...differing('data', first.datasetDigest, digest),
    ...(isSameModel ? [] : [{ what: 'model', was: `${first.modelDigest}`, now: `${again.modelDigest}` }]),
    ...between('environment', first.environment, again.environment),
    ...differing('candidates', candidatesIn(first), candidatesIn(again)),
    ...(['train', 'test'] as const).flatMap((part) =>
      between(part, first.metrics[part] ?? {}, again.metrics[part] ?? {}),
    ),
  ];
  const identical = isSameModel && !differences.some(({ what }) => /^(train|test)\//.test(what));
  return { run: id, reproduction: again.run, identical, differences };
}

/** Which were tried and chosen: of a search within a time more or fewer may be. */
const candidatesIn = ({ candidates }: Run): string =>
  candidates.map(({ estimator, chosen }) => (chosen ? `[${estimator}]` : estimator)).join(', ');

const differing = (what: string, was: string | undefined, now: string | undefined): readonly Difference[] =>
  was === now ? [] : [{ what, was: was ?? 'not known', now: now ?? 'not known' }];

const between = (
  part: string,
  was: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): readonly Difference[] =>
  [...new Set([...Object.keys(was), ...Object.keys(now)])].flatMap((name) =>
    differing(`${part}/${name}`, textOf(was[name]), textOf(now[name])),
  );

const textOf = (value: unknown): string | undefined => (value === undefined ? undefined : String(value));
