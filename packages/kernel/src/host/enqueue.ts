import { randomUUID } from 'node:crypto';
import { systemPrincipal, touchedBy } from '../access/principal.ts';
import { type Job, type JobInbox, jobStoreToken, type NewJob } from '../job/job-store.ts';
import type { AnyOperation } from '../operation/operation.ts';
import { checkAccess } from './check-access.ts';
import type { CallOptions } from './host.ts';
import type { Invoker } from './invoke.ts';
import { kernelError } from './kernel-error.ts';
import { parseInput } from './parse-input.ts';
import { traceParent } from './spans.ts';

export const newJob = (
  operation: AnyOperation,
  input: unknown,
  options: CallOptions,
  key?: string | undefined,
): NewJob => ({
  id: `j-${randomUUID()}`,
  operation: operation.id,
  input,
  principal: options.principal ?? systemPrincipal,
  key,
  trace: traceParent(),
});

/** Queues a job operation. @throws TRS_KERNEL_ACCESS_DENIED, TRS_KERNEL_NOT_A_JOB, TRS_KERNEL_INPUT_INVALID */
export async function enqueueJob(
  invoker: Invoker,
  operation: AnyOperation,
  input: unknown,
  options: CallOptions & { readonly key?: string | undefined; readonly within?: JobInbox | undefined },
): Promise<Job> {
  const principal = options.principal ?? systemPrincipal;
  checkAccess(principal, operation);
  if (operation.kind !== 'job') {
    throw kernelError('NOT_A_JOB', {
      kind: 'invalid',
      message: `"${operation.id}" is a ${operation.kind}, not a job: it cannot be queued.`,
      hint: 'Run it directly.',
    });
  }
  // Bad input is refused before a job is made of it.
  checkAccess(principal, operation, touchedBy(operation, parseInput(operation, input)));
  const inbox = options.within ?? (await invoker.services.get(jobStoreToken));
  const job = await inbox.enqueue(newJob(operation, input, options, options.key));
  invoker.scope.log.debug('a job is queued', { job: job.id, operation: operation.id, key: options.key });
  return job;
}
