import type { DatasetVersion } from '@trestle/contracts';
import { type Context, errorDocument, toTrestleError } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { dataConfig } from '../data-config.ts';
import { openEngine } from '../engine/engine.ts';
import { resolveVersion } from '../version/versions.ts';
import { currentAgain } from './current-again.ts';
import { decideStep, type StepVersions } from './decide-step.ts';
import { findPipeline, type GraphStep, pipelineGraph, type Read } from './graph.ts';
import { makeStep } from './make-step.ts';
import type { Pipeline } from './pipeline.ts';
import { newPipelineRunId, type PipelineRun, recordPipelineRun, type StepRun } from './run-records.ts';
import { rememberMade } from './step-records.ts';
import { suitesOf } from './step-suite.ts';

const FIRST_RETRY_MS = 200;

export interface RunInput {
  readonly name: string;
  readonly force: boolean;
  readonly trigger?: string | undefined;
}

/** The steps of a configured pipeline, in order. */
export async function graphOf(ctx: Context, pipeline: Pipeline): Promise<readonly GraphStep[]> {
  const workspace = await (await ctx.service(blobsToken)).workspace();
  const engine = await openEngine(ctx, { dirs: [workspace.dir], signal: ctx.signal });
  try {
    return await pipelineGraph(engine, pipeline, await suitesOf(ctx, pipeline));
  } finally {
    engine.close();
    await workspace.remove();
  }
}

/**
 * Runs the steps whose rows are not made yet, each as soon as its inputs are there. A step's rows are a version the moment
 * it ends, so that a run after a crash or a failure goes on at the step that was not done.
 */
export async function runPipeline(ctx: Context, input: RunInput): Promise<PipelineRun> {
  const pipeline = findPipeline(ctx, input.name);
  const graph = await graphOf(ctx, pipeline);
  const states = new Map<string, StepRun>(
    graph.map(({ name }) => [name, { step: name, state: 'waiting', reason: '', attempts: 0 }]),
  );
  const started: PipelineRun = {
    run: newPipelineRunId(),
    pipeline: pipeline.name,
    status: 'running',
    trigger: input.trigger ?? ctx.principal.id,
    steps: [...states.values()],
    startedAt: new Date().toISOString(),
  };
  await recordPipelineRun(ctx, ctx, started);
  const record = (end: Partial<PipelineRun> = {}): Promise<void> =>
    recordPipelineRun(ctx, ctx, { ...started, ...end, steps: [...states.values()] });
  const update = async (name: string, change: Partial<StepRun>): Promise<void> => {
    const before = states.get(name);
    if (before) states.set(name, { ...before, ...change });
    await record();
  };
  try {
    await runSteps(ctx, pipeline, graph, input.force, update);
    const end = { status: 'succeeded', finishedAt: new Date().toISOString() } as const;
    await record(end);
    return { ...started, ...end, steps: [...states.values()] };
  } catch (thrown) {
    const error = toTrestleError(thrown);
    const { code, message } = errorDocument(error);
    for (const [name, state] of states)
      if (state.state === 'waiting') states.set(name, { ...state, state: 'not reached' });
    await record({
      status: error.kind === 'interrupted' ? 'interrupted' : 'failed',
      error: `${code}: ${message}`,
      finishedAt: new Date().toISOString(),
    });
    throw error;
  }
}

type Update = (name: string, change: Partial<StepRun>) => Promise<void>;

/** Starts each step when its inputs are there, a few at once; behind the first failure none is started any more. */
async function runSteps(
  ctx: Context,
  pipeline: Pipeline,
  graph: readonly GraphStep[],
  isForced: boolean,
  update: Update,
): Promise<void> {
  const { parallelSteps } = ctx.config(dataConfig);
  const datasets = await resolveDatasets(ctx, graph);
  const made = new Map<string, DatasetVersion>();
  const waiting = new Set(graph);
  const running = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  const isReady = ({ inputs, compares }: GraphStep): boolean =>
    [...inputs, ...compares].every((read) => read.kind === 'dataset' || made.has(read.name));
  while (running.size > 0 || (waiting.size > 0 && failures.length === 0)) {
    for (const step of waiting) {
      if (failures.length > 0 || running.size >= parallelSteps || !isReady(step)) continue;
      waiting.delete(step);
      const versions = versionsOf(step, made, datasets);
      const report = (what: string): void =>
        ctx.progress({ step: `${step.name}: ${what}`, fraction: made.size / graph.length });
      const work = runStep(ctx, pipeline, step, versions, isForced, update, report)
        .then((version) => void made.set(step.name, version))
        .catch((thrown: unknown) => void failures.push(thrown))
        .finally(() => running.delete(step.name));
      running.set(step.name, work);
    }
    await Promise.race(running.values());
  }
  if (failures.length > 0) throw failures[0];
}

/** The datasets that are read, resolved once, so that every step of a run sees the same versions. */
export async function resolveDatasets(
  ctx: Context,
  graph: readonly GraphStep[],
): Promise<ReadonlyMap<string, DatasetVersion>> {
  const names = graph.flatMap((step) =>
    [...step.inputs, ...step.compares].flatMap((read) => (read.kind === 'dataset' ? [read.name] : [])),
  );
  const found = new Map<string, DatasetVersion>();
  for (const name of new Set(names)) found.set(name, await resolveVersion(ctx, name));
  return found;
}

/** What a step reads and is compared with, as far as it is there. */
export function versionsOf(
  step: GraphStep,
  made: ReadonlyMap<string, DatasetVersion>,
  datasets: ReadonlyMap<string, DatasetVersion>,
): StepVersions {
  const found = (reads: readonly Read[]) =>
    new Map(
      reads.flatMap(({ name, kind }) => {
        const version = kind === 'step' ? made.get(name) : datasets.get(name);
        return version ? [[name, version] as const] : [];
      }),
    );
  return { inputs: found(step.inputs), compared: found(step.compares) };
}

async function runStep(
  ctx: Context,
  pipeline: Pipeline,
  step: GraphStep,
  versions: StepVersions,
  isForced: boolean,
  update: Update,
  report: (what: string) => void,
): Promise<DatasetVersion> {
  ctx.signal.throwIfAborted();
  const { name } = step;
  const startedAt = performance.now();
  const ended = (version: DatasetVersion) => ({
    output: `${version.dataset}@${version.version}`,
    rows: version.rows,
    durationMs: Math.round(performance.now() - startedAt),
  });
  try {
    const decision = await decideStep(ctx, pipeline, step, versions, isForced);
    const { cached, reason, key, parts } = decision;
    if (cached) {
      const version = await currentAgain(ctx, cached);
      await update(name, { state: 'cached', reason, ...ended(version) });
      report('nothing to do');
      return version;
    }
    for (let attempt = 1; ; attempt++) {
      await update(name, { state: 'running', reason, attempts: attempt });
      report(reason);
      try {
        const names = {
          shown: `Step "${name}" of "${pipeline.name}"`,
          source: `pipeline ${pipeline.name}, step ${name}`,
        };
        const version = await makeStep(ctx, step, versions, decision, names, (rows) =>
          report(`${rows.toLocaleString('en-US')} rows`),
        );
        await rememberMade(ctx, { key, pipeline: pipeline.name, step: name, digest: version.digest, parts });
        await update(name, { state: decision.append ? 'appended' : 'ran', ...ended(version) });
        return version;
      } catch (thrown) {
        ctx.signal.throwIfAborted();
        const { kind } = toTrestleError(thrown);
        const isWorthTrying = kind === 'failed' || kind === 'unavailable';
        if (attempt > step.step.retries || !isWorthTrying) throw thrown;
        report(`failed, tried again (${attempt + 1})`);
        await pause(FIRST_RETRY_MS * 2 ** (attempt - 1), ctx.signal);
      }
    }
  } catch (thrown) {
    await update(name, { state: 'failed', error: toTrestleError(thrown).message });
    throw thrown;
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
