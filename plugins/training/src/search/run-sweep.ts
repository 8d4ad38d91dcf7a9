import {
  modelsToken,
  type PastTrial,
  type PruningRule,
  pruningRules,
  type RunRecorder,
  type SearchParams,
  type SearchStrategy,
  searchStrategies,
  trackingToken,
  trainingToken,
} from '@trestle/contracts';
import { type Context, didYouMean, invariant } from '@trestle/kernel';
import { seeded } from '@trestle/statistics';
import { blobsToken } from '@trestle/store';
import { trainError } from '../train-error.ts';
import { importanceOf } from './importance.ts';
import { runTrial, type Trial } from './run-trial.ts';
import type { SweepConfig } from './sweep-config.ts';

export interface SweepResult {
  readonly sweep: string;
  readonly best: Pick<Trial, 'run' | 'trial' | 'params' | 'metric'> | undefined;
  readonly importance: Readonly<Record<string, number>> | undefined;
  readonly trials: readonly Trial[];
  readonly model?: { readonly name: string; readonly version: number; readonly digest: string };
}

/**
 * Searches: each trial is a step of the job, so that one that is over is not done again, whenever the search is taken up. What a
 * trial tries, and when it is ended, hangs on the trials that were over `workers` before it, and on nothing that is fast or slow: the
 * same seed and workers give the same search.
 *
 * @param module of `config.module`, absolute
 * @throws TRS_TRAIN_SWEEP_FAILED when no trial came to its end
 */
export async function runSweep(ctx: Context, config: SweepConfig, module: string): Promise<SweepResult> {
  const [strategy, rule] = chosen(ctx, config);
  const recorder = await (await ctx.service(trackingToken)).begin(ctx, {
    kind: 'sweep',
    experiment: config.experiment,
    params: { strategy: config.strategy, prune: config.prune, trials: config.trials, seed: config.seed },
    facts: { sweep: config },
  });
  try {
    const trials = await allTrials(ctx, config, { strategy, rule, module, sweep: recorder.run });
    return await end(ctx, config, recorder, trials);
  } catch (thrown) {
    await recorder.fail(thrown);
    throw thrown;
  }
}

interface Search {
  readonly strategy: SearchStrategy;
  readonly rule: PruningRule;
  readonly module: string;
  readonly sweep: string;
}

async function allTrials(ctx: Context, config: SweepConfig, search: Search): Promise<readonly Trial[]> {
  const stop = new AbortController();
  const over: Promise<Trial>[] = [];
  let ended = 0;
  for (let trial = 0; trial < config.trials; trial++) {
    const before = over.slice(0, Math.max(0, trial - config.workers + 1));
    const one = Promise.all(before).then(async (known) => {
      stop.signal.throwIfAborted();
      ctx.signal.throwIfAborted();
      const result = await oneTrial(ctx, config, search, trial, known);
      ended += 1;
      const best = bestOf(config, [...known, result])?.metric;
      ctx.progress({
        step: `trial ${ended} of ${config.trials}: ${result.state}`,
        fraction: ended / config.trials,
        ...(typeof best === 'number' ? { values: { [config.metric.name]: best } } : {}),
      });
      return result;
    });
    // One that cannot be kept ends the search; who waits for it is told below.
    one.catch(() => stop.abort(new Error('Another trial could not be kept.')));
    over.push(one);
  }
  const settled = await Promise.allSettled(over);
  const broken = settled.find((one) => one.status === 'rejected');
  if (broken) throw broken.reason;
  return await Promise.all(over);
}

async function oneTrial(
  ctx: Context,
  config: SweepConfig,
  { strategy, rule, module, sweep }: Search,
  trial: number,
  known: readonly Trial[],
): Promise<Trial> {
  const sign = config.metric.better === 'lower' ? 1 : -1;
  const past = known.map(
    ({ params, state, metric, values }): PastTrial => ({
      ...{ params, state },
      ...(metric === null ? {} : { value: sign * metric }),
      values: values.map((value) => (value === null ? Number.NaN : sign * value)),
    }),
  );
  const random = seeded(Math.imul(config.seed + 1, 0x9e3779b1) + Math.imul(trial, 0x85ebca6b));
  const params = strategy.propose({ space: config.space, past, random });
  return await ctx.step(`trial ${trial}`, (step) =>
    config.training === undefined
      ? runTrial(step, { config, module, sweep, trial, params, seed: seedOf(config, trial), rule, past })
      : trainTrial(step, config, sweep, trial, params),
  );
}

const seedOf = ({ seed }: SweepConfig, trial: number): number => (seed + trial * 1_000_003) % 2 ** 31;

/** A training on a dataset, with the parameters in the place of what was said. */
async function trainTrial(
  ctx: Context,
  config: SweepConfig,
  sweep: string,
  trial: number,
  params: SearchParams,
): Promise<Trial> {
  const began = performance.now();
  const training = await ctx.service(trainingToken);
  // What is no training is refused by its own schema.
  const spec = { ...config.training, ...params } as unknown as Parameters<typeof training.train>[1];
  const run = await training.train(ctx, spec, sweep);
  const value = run.validation?.metrics[config.metric.name];
  const metric = typeof value === 'number' && Number.isFinite(value) ? value : null;
  const seconds = (performance.now() - began) / 1e3;
  if (value !== undefined)
    return { trial, run: run.run, params, state: 'complete', metric, values: [], seconds };
  const error = `Its validation has no "${config.metric.name}"; it has ${Object.keys(run.validation?.metrics ?? {}).join(', ')}.`;
  return { trial, run: run.run, params, state: 'failed', metric, values: [], seconds, error };
}

/** The best of those that came to their end; of several alike the first. */
export function bestOf<T extends Pick<Trial, 'trial' | 'metric'> & { readonly state: string }>(
  { metric: { better } }: SweepConfig,
  trials: readonly T[],
): T | undefined {
  const sign = better === 'lower' ? 1 : -1;
  return trials
    .filter(({ state, metric }) => state === 'complete' && metric !== null)
    .toSorted((a, b) => sign * ((a.metric ?? 0) - (b.metric ?? 0)) || a.trial - b.trial)[0];
}

async function end(
  ctx: Context,
  config: SweepConfig,
  recorder: RunRecorder,
  trials: readonly Trial[],
): Promise<SweepResult> {
  const best = bestOf(config, trials);
  if (!best) {
    const first = trials.find(({ error }) => error !== undefined);
    throw trainError('SWEEP_FAILED', {
      kind: 'failed',
      message:
        `None of ${trials.length} trials came to its end with a finite "${config.metric.name}". ${first?.error ?? ''}`.trim(),
      hint: `See "trestle sweep show ${recorder.run}"; correct the module, and begin again.`,
      details: { sweep: recorder.run },
    });
  }
  const importance = await importanceOf(config.space, trials, ctx.signal);
  const { run, trial, params, metric } = best;
  const model = config.register === undefined ? undefined : await register(ctx, config.register, run);
  await recorder.end({
    status: 'succeeded',
    metrics: { [config.metric.name]: invariant(metric, 'the metric of the best') },
    facts: { sweep: config, best: { run, trial, params, metric }, ...(importance ? { importance } : {}) },
  });
  return {
    sweep: recorder.run,
    best: { run, trial, params, metric },
    importance,
    trials,
    ...(model ? { model } : {}),
  };
}

/** @throws TRS_TRAIN_SWEEP_MODEL when the best trial has none */
async function register(ctx: Context, name: string, run: string) {
  const { artifacts } = await (await ctx.service(trackingToken)).get(run);
  const file = artifacts.find((one) => one.name === 'model.onnx');
  if (!file)
    throw trainError('SWEEP_MODEL', {
      kind: 'invalid',
      message: `The best trial (${run}) has no model to register.`,
      hint: 'Give its file as "model" in what "train" returns, or leave "register" out.',
    });
  const bytes = await (await ctx.service(blobsToken)).read(file.digest);
  const { version, digest } = await (await ctx.service(modelsToken)).register(ctx, { name, bytes });
  return { name, version, digest };
}

/** @throws TRS_TRAIN_SWEEP_UNKNOWN when no plugin brings the strategy, or the rule */
export function chosen(
  ctx: Pick<Context, 'extensions'>,
  { strategy, prune }: Pick<SweepConfig, 'strategy' | 'prune'>,
): readonly [SearchStrategy, PruningRule] {
  const find = <T extends { readonly name: string }>(what: string, name: string, all: readonly T[]): T => {
    const found = all.find((one) => one.name === name);
    if (found) return found;
    const names = all.map((one) => one.name);
    throw trainError('SWEEP_UNKNOWN', {
      kind: 'invalid',
      message: `There is no ${what} "${name}".${didYouMean(name, names)}`,
      hint: `Use ${names.join(', ')}, or a plugin that brings it.`,
    });
  };
  return [
    find('strategy', strategy, ctx.extensions(searchStrategies)),
    find('rule that ends trials', prune, ctx.extensions(pruningRules)),
  ];
}
