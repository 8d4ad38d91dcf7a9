import { type Job, type Plugin, redact } from '@trestle/kernel';
import type { ShownJob } from './job-schema.ts';

/** A job as others may see it: secrets in its input are hidden, by the schema of its operation. */
export function showJob(job: Job, plugins: readonly Plugin[]): ShownJob {
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
