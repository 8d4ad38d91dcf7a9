import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type PastTrial,
  type PruningRule,
  type RunRecorder,
  type SearchParams,
  trackingToken,
} from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import type { SweepConfig } from './sweep-config.ts';
import type { TrialTask, TrialTold } from './trial-messages.ts';

/** Measurements of what decides that are kept for rules: beyond them no trial is ended. */
const MAX_JUDGED = 5_000;
const OUTPUT_CHARACTERS = 2_000;
/** How long a process that is told to end may take. */
const END_MS = 2_000;

/** A trial as it is kept. */
export interface Trial {
  readonly trial: number;
  readonly run: string;
  readonly params: SearchParams;
  readonly state: PastTrial['state'];
  /** What decides, as it was measured; null where it is no finite number. */
  readonly metric: number | null;
  /** The same on the way. */
  readonly values: readonly (number | null)[];
  readonly seconds: number;
  readonly error?: string | undefined;
}

export interface TrialOptions {
  readonly config: SweepConfig;
  readonly module: string;
  readonly sweep: string;
  readonly trial: number;
  readonly params: SearchParams;
  readonly seed: number;
  readonly rule: PruningRule;
  readonly past: readonly PastTrial[];
}

/** Does one trial in a process of its own, as a run that is a part of the search. */
export async function runTrial(ctx: Context, options: TrialOptions): Promise<Trial> {
  const { config, trial, params, sweep } = options;
  const began = performance.now();
  const recorder = await (await ctx.service(trackingToken)).begin(ctx, {
    kind: 'trial',
    experiment: config.experiment,
    parent: sweep,
    params,
    facts: { trial },
  });
  const dir = await mkdtemp(join(tmpdir(), 'trestle-trial-'));
  try {
    const outcome = await inProcess(ctx, { ...options, dir }, recorder);
    const { state, error, metric } = outcome;
    await recorder.end({
      status: state === 'complete' ? 'succeeded' : state === 'pruned' ? 'cancelled' : 'failed',
      error: state === 'pruned' ? `Ended early by ${options.rule.name}.` : error,
      metrics: outcome.metrics,
      facts: { trial, state },
    });
    const seconds = (performance.now() - began) / 1e3;
    return {
      ...{ trial, run: recorder.run, params, state, seconds, error },
      metric: finite(metric),
      values: outcome.values.map(finite),
    };
  } catch (thrown) {
    await recorder.fail(thrown);
    throw thrown;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

interface Outcome {
  readonly state: PastTrial['state'];
  readonly metric: number | undefined;
  readonly values: readonly number[];
  /** Those that were given at the end. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly error?: string | undefined;
}

async function inProcess(
  ctx: Context,
  options: TrialOptions & { readonly dir: string },
  recorder: RunRecorder,
): Promise<Outcome> {
  const { config, module, params, trial, seed, dir, rule, past } = options;
  const { name, better } = config.metric;
  const sign = better === 'lower' ? 1 : -1;
  ctx.signal.throwIfAborted();
  // The built file also when this one runs from source.
  const file = fileURLToPath(import.meta.resolve('@trestle/plugin-training/trial-process'));
  const child = fork(file, {
    cwd: dirname(module),
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const values: number[] = [];
  let told: Extract<TrialTold, { readonly kind: 'done' | 'failed' }> | undefined;
  let isPruned = false;
  let output = '';
  const artifacts: Promise<unknown>[] = [];
  const end = (): void => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), END_MS).unref();
  };
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (part: Buffer) => {
      output = (output + part.toString('utf8')).slice(-OUTPUT_CHARACTERS);
    });
  child.on('message', (message: TrialTold) => {
    // What comes behind the end is of nobody: how fast a process dies must not show.
    if (isPruned) return;
    if (message.kind === 'log') {
      recorder.log(message.metrics, message.step);
      const value = message.metrics[name];
      if (value === undefined || values.length >= MAX_JUDGED) return;
      values.push(value);
      if (!rule.isToEnd({ values: values.map((one) => sign * one), past })) return;
      isPruned = true;
      end();
    } else if (message.kind === 'artifact')
      artifacts.push(readFile(message.path).then((content) => recorder.artifact(message.name, content)));
    else told = message;
  });
  ctx.signal.addEventListener('abort', end, { once: true });
  const task: TrialTask = { module, params, trial, seed, dir };
  child.send(task);
  const [code, signal] = await once(child, 'close');
  ctx.signal.removeEventListener('abort', end);
  ctx.signal.throwIfAborted();
  const kept = await Promise.allSettled(artifacts);
  const lost = kept.find((one) => one.status === 'rejected');
  if (isPruned) return { state: 'pruned', metric: values.at(-1), values, metrics: {} };
  if (told?.kind === 'failed')
    return { state: 'failed', metric: undefined, values, metrics: {}, error: told.message };
  if (told === undefined) {
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    const error = `Its process ended ${how}. ${output.trim()}`.trim();
    return { state: 'failed', metric: undefined, values, metrics: {}, error };
  }
  if (lost)
    return {
      state: 'failed',
      metric: undefined,
      values,
      metrics: told.metrics,
      error: `An artifact was not kept: ${String(lost.reason)}`,
    };
  if (told.model !== undefined) await recorder.artifact('model.onnx', await readFile(told.model));
  const metric = told.metrics[name] ?? values.at(-1);
  if (metric === undefined)
    return {
      state: 'failed',
      metric,
      values,
      metrics: told.metrics,
      error: `It gave no "${name}", which decides.`,
    };
  // What only was logged stands at the end, too.
  return { state: 'complete', metric, values, metrics: told.metrics };
}
