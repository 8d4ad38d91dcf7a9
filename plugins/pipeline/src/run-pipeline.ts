import type {
  PipelineDefinition,
  StepDecision,
  StepProduct,
  StepProgress,
  StepReads,
} from '@trestle/contracts';
import { type Context, pause, toTrestleError } from '@trestle/kernel';
import { type GraphStep, pipelineGraph, type Read } from './graph.ts';
import { openRunLog, type PipelineRun, type RunLog } from './pipeline-runs.ts';
import { findPipeline } from './pipelines.ts';
import { openMakers } from './step-makers.ts';

const FIRST_RETRY_MS = 200;

export interface RunInput {
  readonly name: string;
  readonly force: boolean;
  readonly trigger?: string | undefined;
}

/** Looks at the steps of a configured pipeline, in order, while their makers are there. */
export async function withGraph<T>(
  ctx: Context,
  name: string,
  look: (pipeline: PipelineDefinition, graph: readonly GraphStep[]) => Promise<T>,
): Promise<T> {
  const pipeline = findPipeline(ctx, name);
  const makers = openMakers(ctx);
  try {
    return await look(pipeline, await pipelineGraph(ctx, makers, pipeline));
  } finally {
    await makers.close();
  }
}

/**
 * Runs the steps of which the result is not there yet, each as soon as its inputs are there. What a step makes is durable the
 * moment it ends, so that a run after a crash or a failure goes on at the step that was not done.
 */
export async function runPipeline(ctx: Context, input: RunInput): Promise<PipelineRun> {
  const pipeline = findPipeline(ctx, input.name);
  const makers = openMakers(ctx);
  try {
    const graph = await pipelineGraph(ctx, makers, pipeline);
    const log = await openRunLog(ctx, {
      pipeline: pipeline.name,
      trigger: input.trigger ?? ctx.principal.id,
      steps: graph.map(({ name }) => name),
    });
    try {
      await runSteps({ ctx, log, isForced: input.force }, graph);
    } catch (thrown) {
      await log.fail(thrown);
      throw thrown;
    }
    // What the steps shared goes while the disk takes the end of the run.
    const [ended] = await Promise.all([log.succeed(), makers.close()]);
    return ended;
  } finally {
    await makers.close();
  }
}

/** What the steps of one run have in common. */
const SAYS: Readonly<Record<StepDecision['state'], string>> = {
  cached: 'comes from the cache',
  ran: 'runs',
  appended: 'takes what was appended',
};

interface Run {
  readonly ctx: Context;
  readonly log: RunLog;
  readonly isForced: boolean;
}

/** Starts each step when its inputs are there, a few at once; behind the first failure none is started any more. */
async function runSteps(run: Run, graph: readonly GraphStep[]): Promise<void> {
  const { ctx } = run;
  const outside = await resolveOutside(graph);
  const made = new Map<string, StepProduct>();
  const waiting = new Set(graph);
  const making = new Map<GraphStep, Promise<void>>();
  const running = new Map<GraphStep, Promise<void>>();
  const failures: unknown[] = [];
  const isReady = ({ inputs, compares, maker }: GraphStep): boolean =>
    [...inputs, ...compares].every((read) => read.kind === 'dataset' || made.has(read.name)) &&
    [...making.keys()].filter((step) => step.maker === maker).length < maker.atOnce;
  while (running.size > 0 || (waiting.size > 0 && failures.length === 0)) {
    for (const step of waiting) {
      if (failures.length > 0 || !isReady(step)) continue;
      waiting.delete(step);
      const report = (what: string): void =>
        ctx.progress({ step: `${step.name}: ${what}`, fraction: made.size / graph.length });
      const { product, end } = startStep(run, step, readsOf(step, made, outside), report);
      const isMade = product.then(
        (its) => void made.set(step.name, its),
        () => {},
      );
      making.set(
        step,
        isMade.finally(() => making.delete(step)),
      );
      const isDone = end.then(
        () => {},
        (thrown: unknown) => void failures.push(thrown),
      );
      running.set(
        step,
        isDone.finally(() => running.delete(step)),
      );
    }
    await Promise.race([...making.values(), ...running.values()]);
  }
  if (failures.length > 0) throw failures[0];
}

/** What is read from outside of the pipeline, resolved once, so that every step of a run sees the same. */
export async function resolveOutside(graph: readonly GraphStep[]): Promise<ReadonlyMap<string, StepProduct>> {
  const found = new Map<string, StepProduct>();
  for (const { maker, inputs, compares } of graph)
    for (const { name, kind } of [...inputs, ...compares])
      if (kind === 'dataset' && !found.has(name)) found.set(name, await maker.outside(name));
  return found;
}

/** What a step reads and is compared with, as far as it is there. */
export function readsOf(
  step: GraphStep,
  made: ReadonlyMap<string, StepProduct>,
  outside: ReadonlyMap<string, StepProduct>,
): StepReads {
  const found = (reads: readonly Read[]) =>
    new Map(
      reads.flatMap(({ name, kind }) => {
        const product = kind === 'step' ? made.get(name) : outside.get(name);
        return product ? [[name, product] as const] : [];
      }),
    );
  return { inputs: found(step.inputs), compared: found(step.compares) };
}

/** Begins a step: the steps that read it may begin when its product can be read, which may be before it is durable. */
function startStep(
  run: Run,
  step: GraphStep,
  reads: StepReads,
  report: (what: string) => void,
): { readonly product: Promise<StepProduct>; readonly end: Promise<StepProduct> } {
  let onMade: StepProgress['onMade'];
  const early = new Promise<StepProduct>((resolve) => {
    // A step that is tried again may come to another result.
    if (step.step.retries === 0) onMade = resolve;
  });
  const end = runStep(run, step, reads, { report, onMade });
  return { product: Promise.race([early, end]), end };
}

async function runStep(
  { ctx, log, isForced }: Run,
  step: GraphStep,
  reads: StepReads,
  progress: StepProgress,
): Promise<StepProduct> {
  ctx.signal.throwIfAborted();
  const { name, maker } = step;
  const startedAt = performance.now();
  const ended = async (product: StepProduct) => {
    const { output, rows } = await product.done();
    return { output, rows, durationMs: Math.round(performance.now() - startedAt) };
  };
  try {
    const decision = await maker.decide(step, reads, isForced);
    const { reason, state } = decision;
    ctx.log.debug(`the step "${name}" ${SAYS[state]}: ${reason}`);
    if (state === 'cached') {
      const product = await decision.reuse();
      log.step(name, { state, reason, ...(await ended(product)) });
      progress.report('nothing to do');
      return product;
    }
    for (let attempt = 1; ; attempt++) {
      log.step(name, { state: 'running', reason, attempts: attempt });
      progress.report(reason);
      try {
        const product = await decision.make(progress);
        log.step(name, { state, ...(await ended(product)) });
        return product;
      } catch (thrown) {
        ctx.signal.throwIfAborted();
        const { kind } = toTrestleError(thrown);
        const isWorthTrying = kind === 'failed' || kind === 'unavailable';
        if (attempt > step.step.retries || !isWorthTrying) throw thrown;
        ctx.log.debug(`the step "${name}" failed and is tried again`, { attempt, cause: String(thrown) });
        progress.report(`failed, tried again (${attempt + 1})`);
        await pause(FIRST_RETRY_MS * 2 ** (attempt - 1), ctx.signal);
      }
    }
  } catch (thrown) {
    const isOwn = await Promise.all(
      [...reads.inputs.values(), ...reads.compared.values()].map((one) => one.done()),
    ).then(
      () => true,
      () => false,
    );
    // What it reads did not become durable: that step failed, not this one.
    if (isOwn) log.step(name, { state: 'failed', error: toTrestleError(thrown).message });
    else log.step(name, { state: 'waiting', reason: '', attempts: 0 });
    throw thrown;
  }
}
