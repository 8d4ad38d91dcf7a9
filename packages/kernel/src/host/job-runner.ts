import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import process from 'node:process';
import { errorDocument, toTrestleError } from '../error/surface.ts';
import type { TrestleError } from '../error/trestle-error.ts';
import { type Job, type JobHold, type JobStore, jobStoreToken } from '../job/job-store.ts';
import type { Progress } from '../operation/context.ts';
import type { AnyOperation } from '../operation/operation.ts';
import { newJob } from './enqueue.ts';
import type { CallOptions } from './host.ts';
import { type Invoker, invoke } from './invoke.ts';
import { jobError } from './job-error.ts';
import { parseInput } from './parse-input.ts';
import { pause } from './pause.ts';
import { inSpan } from './spans.ts';
import { stepsOf } from './steps.ts';

const IDLE_POLL_MS = 250;

/** How patient a host is with the workers of jobs. */
export interface JobTimings {
  /** A worker that is silent for this long is taken for dead, and its job is given to another. */
  readonly leaseMs: number;
  /** How often a worker says that it lives, stores the progress, and hears of a cancellation. */
  readonly heartbeatMs: number;
  /** How often a queued job is begun at most; then it is `interrupted`. */
  readonly maxAttempts: number;
}

export const DEFAULT_TIMINGS: JobTimings = { leaseMs: 15_000, heartbeatMs: 500, maxAttempts: 3 };

/** Names this process in leases. */
export const holderName = (): string => `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;

export interface JobRunner {
  /** Runs a job operation here: others see it, and only this process may end it. */
  inline(operation: AnyOperation, input: unknown, options: CallOptions): Promise<unknown>;
  /** Takes queued jobs until the signal aborts. A job that it was at goes back to the queue, for another worker. */
  work(signal: AbortSignal): Promise<void>;
}

/** Runs jobs in this process, under the name `holder`. */
export function jobRunner(
  invoker: Invoker,
  operations: ReadonlyMap<string, AnyOperation>,
  holder: string,
  { leaseMs, heartbeatMs, maxAttempts }: JobTimings,
): JobRunner {
  const { log } = invoker.scope;

  /** Runs the operation under the job's lease and ends the job. */
  const runJob = async (
    store: JobStore,
    job: Job,
    operation: AnyOperation,
    options: CallOptions,
    shutdown?: AbortSignal,
  ): Promise<unknown> => {
    const hold: JobHold = { job: job.id, generation: job.generation };
    const ended = new AbortController();
    let latest: Progress | undefined;
    const beat = setInterval(() => {
      store
        .heartbeat(hold, leaseMs, latest)
        .then((answer) => {
          if (answer !== 'go-on') ended.abort(jobError(answer, job.id));
        })
        .catch((cause: unknown) => log.warn('a heartbeat failed', { job: job.id, cause: String(cause) }));
    }, heartbeatMs);
    beat.unref();
    const signal = AbortSignal.any([
      ended.signal,
      ...(options.signal ? [options.signal] : []),
      ...(shutdown ? [shutdown] : []),
    ]);
    try {
      const call = {
        ...options,
        principal: job.principal,
        job: { hold, steps: stepsOf(store, job, hold, log) },
        signal,
        onProgress: (progress: Progress) => {
          latest = progress;
          options.onProgress?.(progress);
        },
      };
      const attributes = { 'trestle.job': job.id, 'trestle.generation': job.generation };
      const output = await inSpan(
        `job ${operation.id}`,
        attributes,
        () => invoke(invoker, operation, job.input, call),
        job.trace,
      );
      if (await store.finish(hold, { state: 'succeeded', output })) {
        log.debug('a job succeeded', { job: job.id, operation: operation.id });
        return output;
      }
      throw jobError('lost', job.id);
    } catch (thrown) {
      const error = toTrestleError(ended.signal.aborted ? ended.signal.reason : thrown);
      const isKept = await keepEnd(store, hold, error, shutdown).catch((cause: unknown) => {
        log.warn('a job could not be ended', { job: job.id, cause: String(cause) });
        return true;
      });
      if (isKept) throw error;
      log.warn('a job was taken from this worker', { job: job.id, generation: job.generation });
      throw jobError('lost', job.id);
    } finally {
      clearInterval(beat);
    }
  };

  /** Ends a job that did not come to its end; false when the hold had ended. */
  const keepEnd = async (
    store: JobStore,
    hold: JobHold,
    error: TrestleError,
    shutdown: AbortSignal | undefined,
  ): Promise<boolean> => {
    const isCancelled = error.code === 'TRS_KERNEL_JOB_CANCEL';
    if (shutdown?.aborted && !isCancelled) return await store.release(hold);
    const state = isCancelled ? 'cancelled' : error.kind === 'interrupted' ? 'interrupted' : 'failed';
    return await store.finish(hold, { state, error: errorDocument(error) });
  };

  return {
    async inline(operation, input, options) {
      if (!invoker.services.has(jobStoreToken)) return await invoke(invoker, operation, input, options);
      // Bad input is refused before a job is made of it.
      parseInput(operation, input);
      const store = await invoker.services.get(jobStoreToken);
      const job = await store.begin(newJob(operation, input, options), holder, leaseMs);
      return await runJob(store, job, operation, options);
    },
    async work(shutdown) {
      const store = await invoker.services.get(jobStoreToken);
      while (!shutdown.aborted) {
        const job = await store.claim(holder, leaseMs, maxAttempts).catch((cause: unknown) => {
          log.warn('no job could be claimed', { cause: String(cause) });
          return undefined;
        });
        if (!job) {
          await pause(IDLE_POLL_MS, shutdown);
          continue;
        }
        const { id, generation, attempts } = job;
        const how =
          attempts === 1 ? 'begins' : 'is taken up again: who had it ended, was silent or gave it back';
        log.debug(`a job ${how}`, { job: id, operation: job.operation, generation, attempts });
        const operation = operations.get(job.operation);
        const done = operation
          ? runJob(store, job, operation, { surface: 'http', requestId: id }, shutdown)
          : store.finish(
              { job: id, generation },
              { state: 'failed', error: errorDocument(jobError('unknown-operation', job.operation)) },
            );
        await done.catch((cause: unknown) => {
          // The error is kept in the job; the worker goes on with the next.
          log.debug('a job failed', { job: id, cause: String(cause) });
        });
      }
    },
  };
}
