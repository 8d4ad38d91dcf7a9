import {
  type Context,
  type Job,
  type JobState,
  jobStoreToken,
  type Plugin,
  pluginsToken,
  redact,
} from '@trestle/kernel';
import { systemError } from '../system-error.ts';
import type { ShownJob } from './job-schema.ts';

const OVER: readonly JobState[] = ['succeeded', 'failed', 'cancelled', 'interrupted'];

export async function listJobs(
  ctx: Context,
  input: { readonly state?: JobState | undefined; readonly limit: number },
): Promise<{ jobs: ShownJob[] }> {
  const store = await ctx.service(jobStoreToken);
  const plugins = await ctx.service(pluginsToken);
  return { jobs: (await store.list(input)).map((job) => showJob(job, plugins)) };
}

export async function readJob(ctx: Context, input: { readonly job: string }): Promise<ShownJob> {
  const store = await ctx.service(jobStoreToken);
  const job = await store.get(input.job);
  if (!job) throw unknownJob(input.job);
  return showJob(job, await ctx.service(pluginsToken));
}

export async function cancelJob(ctx: Context, input: { readonly job: string }): Promise<ShownJob> {
  const store = await ctx.service(jobStoreToken);
  const before = await store.get(input.job);
  if (!before) throw unknownJob(input.job);
  if (OVER.includes(before.state)) {
    throw systemError('JOB_OVER', {
      kind: 'conflict',
      message: `The job "${input.job}" is over already: it ${before.state === 'interrupted' ? 'was interrupted' : before.state === 'cancelled' ? 'was cancelled' : before.state}.`,
      hint: `See "trestle job show ${input.job}".`,
    });
  }
  const job = await store.requestCancel(input.job);
  if (!job) throw unknownJob(input.job);
  return showJob(job, await ctx.service(pluginsToken));
}

const unknownJob = (id: string) =>
  systemError('UNKNOWN_JOB', {
    kind: 'not-found',
    message: `There is no job "${id}".`,
    hint: 'See "trestle job list".',
    details: { job: id },
  });

/** A job as others may see it: secrets in its input are hidden, by the schema of its operation. */
function showJob(job: Job, plugins: readonly Plugin[]): ShownJob {
  const operation = plugins
    .flatMap((plugin) => plugin.operations ?? [])
    .find(({ id }) => id === job.operation);
  const { input: _input, principal, output, progress, error, startedAt, finishedAt, ...rest } = job;
  return {
    ...rest,
    principal: principal.id,
    // Without its operation nobody can say what in it is secret.
    input: operation ? redact(operation.input, job.input) : undefined,
    ...(progress === undefined ? {} : { progress: { ...progress } }),
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error: { ...error, details: { ...error.details } } }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
  };
}
