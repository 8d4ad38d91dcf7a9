import type { Context } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import type { PipelineTables } from './pipeline-tables.ts';
import { keepRun, type PipelineRun, recordPipelineRun, type StepRun } from './run-records.ts';

/** Of steps that take less than this, nobody sees that they run, and the disk is not waited for to say so. */
const SOON_MS = 100;

/** How far a run is, for who looks at it. Nothing is decided by it: that a step is done is remembered with what it made. */
export interface RunLog {
  /** Changes what is known of a step; whoever looks sees it soon. */
  step(name: string, change: Partial<StepRun>): void;
  end(end: Pick<PipelineRun, 'status' | 'error'>): Promise<PipelineRun>;
}

export async function openRunLog(ctx: Context, started: PipelineRun): Promise<RunLog> {
  const metadata = await ctx.service(metadataToken);
  const steps = new Map(started.steps.map((step) => [step.step, step]));
  const now = (): PipelineRun => ({ ...started, steps: [...steps.values()] });
  const change = (name: string, values: Partial<StepRun>): void => {
    const before = steps.get(name);
    if (before) steps.set(name, { ...before, ...values });
  };
  let waiting: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  const write = async (): Promise<void> => {
    waiting = undefined;
    await metadata
      .write<PipelineTables, void>((db) => keepRun(db, now()))
      .catch((cause: unknown) => ctx.log.warn('how far a run is was not kept', { cause: String(cause) }));
  };
  /** What is to be written is written with something else. */
  const forget = (): void => {
    clearTimeout(waiting);
    waiting = undefined;
  };
  await recordPipelineRun(ctx, ctx, started);
  return {
    step(name, values) {
      change(name, values);
      waiting ??= setTimeout(() => {
        writing = write();
      }, SOON_MS);
    },
    async end(end) {
      forget();
      await writing;
      if (end.status !== 'succeeded')
        for (const { step, state } of steps.values())
          if (state === 'waiting') change(step, { state: 'not reached' });
      const ended = { ...now(), ...end, finishedAt: new Date().toISOString() };
      await recordPipelineRun(ctx, ctx, ended);
      return ended;
    },
  };
}
