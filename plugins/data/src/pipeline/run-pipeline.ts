import type { DatasetVersion } from '@trestle/contracts';
import { type Context, errorDocument, toTrestleError } from '@trestle/kernel';
import { openUnlocked } from '@trestle/tables';
import { dataConfig } from '../data-config.ts';
import { resolveVersion } from '../version/versions.ts';
import { currentAgain } from './current-again.ts';
import { decideStep, type StepReads } from './decide-step.ts';
import { findPipeline, type GraphStep, pipelineGraph, type Read } from './graph.ts';
import { type Making, makeStep } from './make-step.ts';
import type { Pipeline } from './pipeline.ts';
import type { PipelineTables } from './pipeline-tables.ts';
import { openRunLog, type RunLog } from './run-log.ts';
import { newPipelineRunId, type PipelineRun } from './run-records.ts';
import { rememberMade } from './step-records.ts';
import { rowsOf, type StepRows, versionsOf } from './step-rows.ts';
import { suitesOf } from './step-suite.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

const FIRST_RETRY_MS = 200;

export interface RunInput {
  readonly name: string;
  readonly force: boolean;
  readonly trigger?: string | undefined;
}

/** The steps of a configured pipeline, in order. */
export async function graphOf(ctx: Context, pipeline: Pipeline): Promise<readonly GraphStep[]> {
  const engine = await openUnlocked(ctx.config(dataConfig), ctx.signal);
  try {
    return await pipelineGraph(engine.syntaxTree, pipeline, await suitesOf(ctx, pipeline));
  } finally {
    engine.close();
  }
}

/**
 * Runs the steps whose rows are not made yet, each as soon as its inputs are there. A step's rows are a version the moment
 * it ends, so that a run after a crash or a failure goes on at the step that was not done.
 */
export async function runPipeline(ctx: Context, input: RunInput): Promise<PipelineRun> {
  const pipeline = findPipeline(ctx, input.name);
  const workshop = await openWorkshop(ctx);
  try {
    const graph = await pipelineGraph(workshop.syntaxTree, pipeline, await suitesOf(ctx, pipeline));
    const log = await openRunLog(ctx, {
      run: newPipelineRunId(),
      pipeline: pipeline.name,
      status: 'running',
      trigger: input.trigger ?? ctx.principal.id,
      steps: graph.map(({ name }) => ({ step: name, state: 'waiting', reason: '', attempts: 0 })),
      startedAt: new Date().toISOString(),
    });
    try {
      await runSteps({ ctx, pipeline, workshop, log, isForced: input.force }, graph);
    } catch (thrown) {
      const error = toTrestleError(thrown);
      const { code, message } = errorDocument(error);
      const status = error.kind === 'interrupted' ? 'interrupted' : 'failed';
      await log.end({ status, error: `${code}: ${message}` });
      throw error;
    }
    // Its folder goes while the disk takes the end of the run.
    const [ended] = await Promise.all([log.end({ status: 'succeeded' }), workshop.close()]);
    return ended;
  } finally {
    await workshop.close();
  }
}

/** What the steps of one run have in common. */
interface Run {
  readonly ctx: Context;
  readonly pipeline: Pipeline;
  readonly workshop: Workshop;
  readonly log: RunLog;
  readonly isForced: boolean;
}

/** Starts each step when its inputs are there, a few at once; behind the first failure none is started any more. */
async function runSteps(run: Run, graph: readonly GraphStep[]): Promise<void> {
  const { ctx } = run;
  const { parallelSteps } = ctx.config(dataConfig);
  const datasets = await resolveDatasets(ctx, graph);
  const made = new Map<string, StepRows>();
  const waiting = new Set(graph);
  const making = new Map<string, Promise<void>>();
  const running = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  const isReady = ({ inputs, compares }: GraphStep): boolean =>
    [...inputs, ...compares].every((read) => read.kind === 'dataset' || made.has(read.name));
  while (running.size > 0 || (waiting.size > 0 && failures.length === 0)) {
    for (const step of waiting) {
      if (failures.length > 0 || making.size >= parallelSteps || !isReady(step)) continue;
      waiting.delete(step);
      const report = (what: string): void =>
        ctx.progress({ step: `${step.name}: ${what}`, fraction: made.size / graph.length });
      const { rows, version } = startStep(run, step, readsOf(step, made, datasets), report);
      const isMade = rows.then(
        (its) => void made.set(step.name, its),
        () => {},
      );
      making.set(
        step.name,
        isMade.finally(() => making.delete(step.name)),
      );
      const isDone = version.then(
        () => {},
        (thrown: unknown) => void failures.push(thrown),
      );
      running.set(
        step.name,
        isDone.finally(() => running.delete(step.name)),
      );
    }
    await Promise.race([...making.values(), ...running.values()]);
  }
  if (failures.length > 0) throw failures[0];
}

/** The datasets that are read, resolved once, so that every step of a run sees the same versions. */
export async function resolveDatasets(
  ctx: Context,
  graph: readonly GraphStep[],
): Promise<ReadonlyMap<string, StepRows>> {
  const names = graph.flatMap((step) =>
    [...step.inputs, ...step.compares].flatMap((read) => (read.kind === 'dataset' ? [read.name] : [])),
  );
  const found = new Map<string, StepRows>();
  for (const name of new Set(names)) found.set(name, rowsOf(ctx, await resolveVersion(ctx, name)));
  return found;
}

/** What a step reads and is compared with, as far as it is there. */
export function readsOf(
  step: GraphStep,
  made: ReadonlyMap<string, StepRows>,
  datasets: ReadonlyMap<string, StepRows>,
): StepReads {
  const found = (reads: readonly Read[]) =>
    new Map(
      reads.flatMap(({ name, kind }) => {
        const rows = kind === 'step' ? made.get(name) : datasets.get(name);
        return rows ? [[name, rows] as const] : [];
      }),
    );
  return { inputs: found(step.inputs), compared: found(step.compares) };
}

/** Begins a step: the steps that read it may begin when its rows are made, which is before they are a version. */
function startStep(
  run: Run,
  step: GraphStep,
  reads: StepReads,
  report: (what: string) => void,
): { readonly rows: Promise<StepRows>; readonly version: Promise<DatasetVersion> } {
  let onMade: Making['onMade'];
  const early = new Promise<StepRows>((resolve) => {
    // A step that is tried again may come to other rows.
    if (step.step.retries === 0) onMade = (rows) => resolve({ ...rows, version: () => version });
  });
  const version = runStep(run, step, reads, report, onMade);
  return { rows: Promise.race([early, version.then((one) => rowsOf(run.ctx, one))]), version };
}

async function runStep(
  { ctx, pipeline, workshop, log, isForced }: Run,
  step: GraphStep,
  reads: StepReads,
  report: (what: string) => void,
  onMade: Making['onMade'],
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
    const decision = await decideStep(ctx, pipeline, step, reads, isForced);
    const { cached, reason, key, parts } = decision;
    if (cached) {
      const version = await currentAgain(ctx, cached);
      log.step(name, { state: 'cached', reason, ...ended(version) });
      report('nothing to do');
      return version;
    }
    const making: Making = {
      shown: `Step "${name}" of "${pipeline.name}"`,
      source: `pipeline ${pipeline.name}, step ${name}`,
      onRows: (rows) => report(`${rows.toLocaleString('en-US')} rows`),
      onMade,
      async along(db, version) {
        const { digest } = version;
        const tables = db.withTables<PipelineTables>();
        await rememberMade(tables, { key, pipeline: pipeline.name, step: name, digest, parts });
        await log.stepIn(tables, name, { state: decision.append ? 'appended' : 'ran', ...ended(version) });
      },
    };
    for (let attempt = 1; ; attempt++) {
      log.step(name, { state: 'running', reason, attempts: attempt });
      report(reason);
      try {
        return await makeStep(ctx, workshop, step, reads, decision, making);
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
    const isOwn = await versionsOf(new Map([...reads.inputs, ...reads.compared])).then(
      () => true,
      () => false,
    );
    // Rows that it reads did not become a version: that step failed, not this one.
    if (isOwn) log.step(name, { state: 'failed', error: toTrestleError(thrown).message });
    else log.step(name, { state: 'waiting', reason: '', attempts: 0 });
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
