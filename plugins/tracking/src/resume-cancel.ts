import { type Context, jobStoreToken } from '@trestle/kernel';
import { finishRun } from './own-runs.ts';
import { findRun } from './read-runs.ts';
import { notResumable, trackingError } from './tracking-error.ts';

/** @throws TRS_TRACKING_NOT_RESUMABLE, TRS_KERNEL_JOB_RUNS */
export async function resumeRun(ctx: Context, { run: id }: { readonly run: string }) {
  const run = await findRun(ctx, id);
  if (run.status === 'succeeded') throw notResumable(id, 'it has succeeded');
  if (run.job === undefined) {
    throw notResumable(
      id,
      run.kind === 'custom'
        ? 'it is yours, and no job does it; a script goes on with startRun({ resume })'
        : 'an earlier version made it, which kept no steps',
    );
  }
  await ctx.continueJob(run.job);
  return { run: id, status: (await findRun(ctx, id)).status };
}

/** @throws TRS_TRACKING_NOT_CANCELLABLE */
export async function cancelRun(ctx: Context, { run: id }: { readonly run: string }) {
  const run = await findRun(ctx, id);
  if (run.status !== 'running') {
    throw trackingError('NOT_CANCELLABLE', {
      kind: 'conflict',
      message: `The run "${id}" is over: ${run.status}.`,
      hint: `See "trestle run show ${id}".`,
      details: { run: id, status: run.status },
    });
  }
  if (run.job === undefined)
    return { ...(await finishRun(ctx, { run: id, status: 'cancelled' })), cancelRequested: false };
  const job = await (await ctx.service(jobStoreToken)).requestCancel(run.job);
  return { run: id, status: (await findRun(ctx, id)).status, cancelRequested: job?.state === 'running' };
}
