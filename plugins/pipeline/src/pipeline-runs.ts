import { runStatusSchema, type TrackedRun, trackingToken } from '@trestle/contracts';
import type { Context, Scope } from '@trestle/kernel';
import { fits } from '@trestle/store';
import { z } from 'zod';

export const stepRunSchema = z.object({
  step: z.string(),
  state: z.enum(['waiting', 'running', 'cached', 'ran', 'appended', 'failed', 'not reached', 'interrupted']),
  /** Why it ran, or why it did not have to. */
  reason: z.string(),
  /** The version that it made, `name@3`. */
  output: z.string().optional(),
  rows: z.number().optional(),
  attempts: z.number().int(),
  durationMs: z.number().optional(),
  error: z.string().optional(),
});
export type StepRun = z.infer<typeof stepRunSchema>;

export const pipelineRunSchema = z.object({
  run: z.string(),
  pipeline: z.string(),
  status: runStatusSchema,
  /** What started it: a person's command, or a trigger. */
  trigger: z.string(),
  steps: z.array(stepRunSchema),
  error: z.string().optional(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
  /** Why its record cannot be read. */
  unreadable: z.string().optional(),
});
export type PipelineRun = z.infer<typeof pipelineRunSchema>;

/** The newest runs of a pipeline. */
export async function listPipelineRuns(
  scope: Scope,
  { pipeline, limit }: { readonly pipeline: string; readonly limit: number },
): Promise<readonly PipelineRun[]> {
  const tracking = await scope.service(trackingToken);
  return (await tracking.list({ kind: 'pipeline', experiment: pipeline, limit })).map(asPipelineRun);
}

function asPipelineRun(run: TrackedRun): PipelineRun {
  // A process that was killed could not say that its steps run no more.
  const steps = run.steps.map((step) =>
    step.state === 'running' && run.status !== 'running' ? { ...step, state: 'interrupted' } : step,
  );
  const read = fits(pipelineRunSchema, { ...run, pipeline: run.experiment, steps });
  if (read.value) return read.value;
  const { status, startedAt, experiment: pipeline, unreadable = read.unreadable } = run;
  return { run: run.run, pipeline, status, trigger: 'unknown', steps: [], startedAt, unreadable };
}

/** How far a run is, for who looks at it. Nothing is decided by it: that a step is done is remembered with what it made. */
export interface RunLog {
  /** Changes what is known of a step; whoever looks sees it soon. */
  step(name: string, change: Partial<StepRun>): void;
  succeed(): Promise<PipelineRun>;
  fail(thrown: unknown): Promise<void>;
}

/** Begins a run of a pipeline, none of whose steps are reached yet. */
export async function openRunLog(
  ctx: Context,
  {
    pipeline,
    trigger,
    steps,
  }: { readonly pipeline: string; readonly trigger: string; readonly steps: readonly string[] },
): Promise<RunLog> {
  const tracking = await ctx.service(trackingToken);
  const run = await tracking.begin(ctx, { kind: 'pipeline', experiment: pipeline, facts: { trigger } });
  const states = new Map<string, StepRun['state'] | undefined>();
  const step: RunLog['step'] = (name, change) => {
    states.set(name, change.state ?? states.get(name));
    run.mark(name, change);
  };
  for (const name of steps) step(name, { state: 'waiting', reason: '', attempts: 0 });
  return {
    step,
    async succeed() {
      return asPipelineRun(await run.end({ status: 'succeeded' }));
    },
    async fail(thrown) {
      for (const [name, state] of states) if (state === 'waiting') step(name, { state: 'not reached' });
      await run.fail(thrown);
    },
  };
}
