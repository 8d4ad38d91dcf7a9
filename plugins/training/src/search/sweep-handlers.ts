import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, extname, resolve } from 'node:path';
import { type TrackedRun, trackingToken } from '@trestle/contracts';
import { type Context, firstIssue, issueWords, jobStoreToken, placeInJson } from '@trestle/kernel';
import { createJiti } from 'jiti';
import { z } from 'zod';
import { trainError } from '../train-error.ts';
import { bestOf, chosen, runSweep } from './run-sweep.ts';
import { checkSpace } from './space.ts';
import { isTrainingField, type SweepConfig, sweepConfigSchema } from './sweep-config.ts';

/** Trials that are shown of one search. */
const MAX_SHOWN = 1_000;

export async function startSweep(
  ctx: Context,
  input: {
    readonly file: string;
    readonly trials?: number | undefined;
    readonly register?: string | undefined;
  },
) {
  // Kept with the job: what is taken up again is the same search, whatever the file says by then.
  const kept = await ctx.step('what is searched', async () => {
    const file = await ctx.files.read(input.file);
    const { trials, register } = input;
    const config = readConfig(input.file, {
      ...(await load(ctx, file, input.file)),
      ...(trials === undefined ? {} : { trials }),
      ...(register === undefined ? {} : { register }),
    });
    check(ctx, config);
    return { config, module: config.module === undefined ? '' : resolve(dirname(file), config.module) };
  });
  const { trials, ...result } = await runSweep(ctx, kept.config, kept.module);
  return { ...result, trials: trials.map(({ values: _, ...one }) => one) };
}

/** @throws TRS_TRAIN_SWEEP_FILE */
async function load(ctx: Context, file: string, shown: string): Promise<object> {
  const isData = extname(file) === '.json';
  // Importing a module runs it: who calls from elsewhere may not choose what.
  if (!isData && ctx.surface === 'http')
    throw badFile(shown, 'a module is run, and a caller from elsewhere may give a .json file only');
  if (!isData) {
    const loaded: unknown = await createJiti(file, { fsCache: false })
      .import(file, { default: true })
      .catch((cause: unknown) => {
        throw badFile(
          shown,
          `it cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
        );
      });
    return objectIn(loaded, shown, 'its default export');
  }
  const text = await readFile(file, 'utf8');
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (cause) {
    throw badFile(shown, `it is no JSON (${placeInJson(cause, text)})`);
  }
  return objectIn(read, shown, 'it');
}

function objectIn(value: unknown, shown: string, what: string): object {
  const read = z.record(z.string(), z.unknown()).safeParse(value);
  if (read.success) return read.data;
  throw badFile(shown, `${what} is no object`);
}

const badFile = (shown: string, why: string) =>
  trainError('SWEEP_FILE', {
    kind: 'invalid',
    message: `"${shown}" is no search: ${why}.`,
    hint: 'See the guide "Search"; "defineSweep" of @trestle/plugin-training writes one with its types.',
    details: { file: shown },
  });

function readConfig(shown: string, value: object): SweepConfig {
  const read = sweepConfigSchema.safeParse(value, { error: issueWords });
  if (read.success) return read.data;
  const { field, reason } = firstIssue(read.error);
  throw badFile(shown, field === '' ? reason : `"${field}": ${reason}`);
}

/** @throws TRS_TRAIN_SWEEP_UNKNOWN, TRS_TRAIN_SEARCH_SPACE, TRS_TRAIN_SWEEP_WORKERS, TRS_TRAIN_SWEEP_FILE */
function check(ctx: Context, config: SweepConfig): void {
  chosen(ctx, config);
  checkSpace(config.space);
  if (config.module !== undefined && ctx.surface === 'http')
    throw badFile('module', 'a module is run, and a caller from elsewhere may search over a training only');
  const cores = availableParallelism();
  const most = config.training === undefined ? cores : 1;
  if (config.workers > most)
    throw trainError('SWEEP_WORKERS', {
      kind: 'invalid',
      message: `${config.workers} workers: ${config.training === undefined ? `this machine has ${cores} cores` : 'trainings use all cores, one behind the other'}.`,
      hint: `Use at most ${most}.`,
    });
  if (config.training === undefined) return;
  const odd = [...Object.keys(config.training), ...Object.keys(config.space)].find(
    (name) => !isTrainingField(name),
  );
  if (odd !== undefined) throw badFile('training', `a training has no setting "${odd}"`);
}

export async function resumeSweep(ctx: Context, { sweep }: { readonly sweep: string }) {
  const run = await sweepRun(ctx, sweep);
  if (run.status === 'succeeded' || run.job === undefined)
    throw trainError('SWEEP_DONE', {
      kind: 'conflict',
      message: `The search "${sweep}" ${run.status === 'succeeded' ? 'has come to its end' : 'has no job'}.`,
      hint: `See "trestle sweep show ${sweep}".`,
    });
  await ctx.continueJob(run.job);
  return await showSweep(ctx, { sweep });
}

export async function stopSweep(ctx: Context, { sweep }: { readonly sweep: string }) {
  const run = await sweepRun(ctx, sweep);
  if (run.status !== 'running' || run.job === undefined)
    throw trainError('SWEEP_DONE', {
      kind: 'conflict',
      message: `The search "${sweep}" is not under way: ${run.status}.`,
      hint: `See "trestle sweep show ${sweep}".`,
    });
  await (await ctx.service(jobStoreToken)).requestCancel(run.job);
  return { sweep, stopping: true as const };
}

const factsSchema = z.looseObject({
  sweep: sweepConfigSchema,
  importance: z.record(z.string(), z.number()).optional(),
});
const stateSchema = z
  .looseObject({ trial: z.number(), state: z.enum(['complete', 'pruned', 'failed']) })
  .partial();

/** A search as far as it came: its trials are runs. */
export async function showSweep(ctx: Context, { sweep }: { readonly sweep: string }) {
  const run = await sweepRun(ctx, sweep);
  const { sweep: config, importance } = factsSchema.parse(run);
  const runs = await (await ctx.service(trackingToken)).list({ parent: sweep, limit: MAX_SHOWN });
  const trials = runs.toReversed().map((one, place) => {
    const { trial = place, state = stateOf(one) } = stateSchema.parse(one);
    return {
      ...{ trial, run: one.run, state },
      params: paramsSchema.parse(
        Object.fromEntries(Object.entries(one.params).filter(([name]) => Object.hasOwn(config.space, name))),
      ),
      metric: metricOf(one, config.metric.name),
      ...(one.error === undefined ? {} : { error: one.error }),
    };
  });
  const best = bestOf(config, trials);
  return {
    ...{ sweep, status: run.status },
    ...(best ? { best } : {}),
    ...(importance ? { importance } : {}),
    trials: trials.toSorted((a, b) => a.trial - b.trial),
  };
}

const paramsSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const stateOf = ({ status }: TrackedRun): 'running' | 'complete' | 'failed' =>
  status === 'running' ? 'running' : status === 'succeeded' ? 'complete' : 'failed';

/** Of a training what its validation says. */
function metricOf({ metrics, validation }: TrackedRun, name: string): number | null {
  const value = validation?.metrics[name] ?? metrics[name];
  return typeof value === 'number' ? value : null;
}

/** @throws TRS_TRAIN_UNKNOWN_RUN, TRS_TRAIN_NO_SWEEP */
async function sweepRun(ctx: Context, id: string): Promise<TrackedRun> {
  const run = await (await ctx.service(trackingToken)).get(id);
  if (run.kind === 'sweep') return run;
  throw trainError('NO_SWEEP', {
    kind: 'invalid',
    message: `The run "${id}" is a ${run.kind}, no search.`,
    hint: 'See "trestle run list --kind sweep".',
  });
}
