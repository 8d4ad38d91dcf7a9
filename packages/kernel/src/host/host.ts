import type { z } from 'zod';
import type { Principal, Resource } from '../access/principal.ts';
import type { Job } from '../job/job-store.ts';
import type { Context, Progress, Scope, Surface } from '../operation/context.ts';
import type { AnyOperation, Operation } from '../operation/operation.ts';
import type { Plugin } from '../plugin/plugin.ts';

/** How a call is made. */
export interface CallOptions {
  readonly principal?: Principal;
  readonly surface?: Surface;
  readonly requestId?: string;
  readonly signal?: AbortSignal;
  /** Makes the signal for a handler that asks for it, where there is none yet: most never do. */
  readonly lateSignal?: () => AbortSignal;
  /** When nobody waits for it any more, in milliseconds since 1970. */
  readonly deadline?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** A project with its plugins, ready to run operations. */
export interface Host extends Scope {
  readonly plugins: readonly Plugin[];
  readonly operations: ReadonlyMap<string, AnyOperation>;
  /**
   * Runs an operation here and now: checks access, validates, runs, validates the result, records. Jobs too: they are
   * durable and visible to others, and end with this call.
   */
  run<Id extends string, I extends z.ZodObject, O extends z.ZodType>(
    operation: Operation<Id, I, O>,
    input: z.input<I>,
    options?: CallOptions,
  ): Promise<z.output<O>>;
  /** The same for an operation whose types are not known. @throws TRS_KERNEL_UNKNOWN_OPERATION */
  runById(id: string, input: unknown, options?: CallOptions): Promise<unknown>;
  /** Queues a job operation for a worker. @throws TRS_KERNEL_NOT_A_JOB */
  enqueue(id: string, input: unknown, options?: CallOptions): Promise<Job>;
  /** A context for a route of a plugin, after checking its access on what it touches: everything, when that is left out. */
  context(
    operation: { readonly id: string; readonly access: string; readonly touched?: readonly Resource[] },
    options?: CallOptions,
  ): Context;
  /**
   * Starts what runs by itself, unless told otherwise: a job worker, and the reactions (subscribers and schedules). Where other
   * processes have the reactions, they are loaded here all the same, so that a broken one shows.
   *
   * @throws TRS_PLUGIN_BROKEN when a handler cannot be loaded; nothing runs then
   */
  start(options?: { readonly worker?: boolean; readonly reactions?: boolean }): Promise<void>;
  /** Stops what runs by itself, then closes the services, last made first. */
  close(): Promise<void>;
}
