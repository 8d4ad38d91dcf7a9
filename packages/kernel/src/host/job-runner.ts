import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import process from 'node:process';
import { errorDocument, toTrestleError } from '../error/surface.ts';
import { type Job, type JobStore, jobStoreToken } from '../job/job-store.ts';
import type { Progress } from '../operation/context.ts';
import type { AnyOperation } from '../operation/operation.ts';
import type { CallOptions } from './host.ts';
import { type Invoker, invoke, parseInput } from './invoke.ts';
import { kernelError } from './kernel-error.ts';
import { pause } from './pause.ts';

const IDLE_POLL_MS = 500;

/** How patient a host is with the workers of jobs. */
export interface JobTimings {
  /** A worker that is silent for this long is taken for dead, and its job is given to another. */
  readonly leaseMs: number;
  /** How often a worker says that it lives, stores the progress, and hears of a cancellation. */
  readonly heartbeatMs: number;
  /** How often a queued job is begun at most; then it is `interrupted`. */
  readonly maxAttempts: number;
}

export const DEFAULT_TIMINGS: JobTimings = { leaseMs: 15_000, heartbeatMs: 1_000, maxAttempts: 3 };

/** Names this process in leases. */
export const holderName = (): string => `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;

export interface JobRunner {
  /** Runs a job operation here: others see it, and only this process may end it. */
  inline(operation: AnyOperation, input: unknown, options: CallOptions): Promise<unknown>;
  enqueue(operation: AnyOperation, input: unknown, options: CallOptions): Promise<Job>;
  /** Takes queued jobs until the signal aborts. A job that it was at goes back to the queue, for another worker. */
  work(signal: AbortSignal): Promise<void>;
}

export function jobRunner(
  invoker: Invoker,
  operations: ReadonlyMap<string, AnyOperation>,
  { leaseMs, heartbeatMs, maxAttempts }: JobTimings,
): JobRunner {
  const holder = holderName();

  /** Runs the operation under the job's lease and ends the job. */
  const runJob = async (
    store: JobStore,
    job: Job,
    operation: AnyOperation,
    options: CallOptions,
    shutdown?: AbortSignal,
  ): Promise<unknown> => {
    const cancelled = new AbortController();
    let latest: Progress | undefined;
    const beat = setInterval(() => {
      store
        .heartbeat(job.id, holder, leaseMs, latest)
        .then((answer) => {
          if (answer !== 'go-on') cancelled.abort(jobError(answer, job.id));
        })
        .catch((cause: unknown) =>
          invoker.scope.log.warn('a heartbeat failed', { job: job.id, cause: String(cause) }),
        );
    }, heartbeatMs);
    beat.unref();
    const signal = AbortSignal.any([
      cancelled.signal,
      ...(options.signal ? [options.signal] : []),
      ...(shutdown ? [shutdown] : []),
    ]);
    try {
      const output = await invoke(invoker, operation, job.input, {
        ...options,
        principal: job.principal,
        jobId: job.id,
        signal,
        onProgress: (progress) => {
          latest = progress;
          options.onProgress?.(progress);
        },
      });
      await store.finish(job.id, holder, { state: 'succeeded', output });
      return output;
    } catch (thrown) {
      const error = toTrestleError(cancelled.signal.aborted ? cancelled.signal.reason : thrown);
      const state = cancelled.signal.aborted
        ? 'cancelled'
        : error.kind === 'interrupted'
          ? 'interrupted'
          : 'failed';
      const ended =
        shutdown?.aborted && state !== 'cancelled'
          ? store.release(job.id, holder)
          : store.finish(job.id, holder, { state, error: errorDocument(error) });
      await ended.catch((cause: unknown) => {
        invoker.scope.log.warn('a job could not be ended', { job: job.id, cause: String(cause) });
      });
      throw error;
    } finally {
      clearInterval(beat);
    }
  };

  const newJob = (
    operation: AnyOperation,
    input: unknown,
    options: CallOptions,
    mode: 'inline' | 'queued',
  ) => ({
    id: `j-${randomUUID()}`,
    operation: operation.id,
    input,
    principal: options.principal ?? { id: 'system', scopes: ['*:*'] },
    mode,
  });

  return {
    async inline(operation, input, options) {
      if (!invoker.services.has(jobStoreToken)) return await invoke(invoker, operation, input, options);
      // Bad input is refused before a job is made of it.
      parseInput(operation, input);
      const store = await invoker.services.get(jobStoreToken);
      const job = await store.create(newJob(operation, input, options, 'inline'), holder, leaseMs);
      return await runJob(store, job, operation, options);
    },
    async enqueue(operation, input, options) {
      parseInput(operation, input);
      const store = await invoker.services.get(jobStoreToken);
      return await store.create(newJob(operation, input, options, 'queued'), holder, leaseMs);
    },
    async work(shutdown) {
      const store = await invoker.services.get(jobStoreToken);
      while (!shutdown.aborted) {
        const job = await store.claim(holder, leaseMs, maxAttempts).catch((cause: unknown) => {
          invoker.scope.log.warn('no job could be claimed', { cause: String(cause) });
          return undefined;
        });
        if (!job) {
          await pause(IDLE_POLL_MS, shutdown);
          continue;
        }
        const operation = operations.get(job.operation);
        const done = operation
          ? runJob(store, job, operation, { surface: 'http', requestId: job.id }, shutdown)
          : store.finish(job.id, holder, {
              state: 'failed',
              error: errorDocument(jobError('unknown-operation', job.operation)),
            });
        await done.catch((cause: unknown) => {
          // The error is kept in the job; the worker goes on with the next.
          invoker.scope.log.debug('a job failed', { job: job.id, cause: String(cause) });
        });
      }
    },
  };
}

function jobError(reason: 'cancel' | 'lost' | 'unknown-operation', what: string) {
  const messages = {
    cancel: `The job "${what}" was cancelled.`,
    lost: `The job "${what}" was taken over by another worker, because this one did not renew its lease.`,
    'unknown-operation': `No plugin here has the operation "${what}".`,
  };
  return kernelError(`JOB_${reason.toUpperCase().replace('-', '_')}`, {
    kind: reason === 'unknown-operation' ? 'unavailable' : 'interrupted',
    message: messages[reason],
    hint: 'See "trestle job list".',
  });
}
