import type { Principal } from '../access/principal.ts';
import type { ErrorDocument } from '../error/surface.ts';
import type { Progress } from '../operation/context.ts';
import { token } from '../plugin/token.ts';

export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'interrupted';

export interface Job {
  readonly id: string;
  readonly operation: string;
  readonly input: unknown;
  readonly principal: Principal;
  readonly state: JobState;
  readonly attempts: number;
  /** Counts up whenever somebody takes the job: what a worker changes is checked against the number that it was given. */
  readonly generation: number;
  readonly progress: Progress | undefined;
  readonly output: unknown;
  readonly error: ErrorDocument | undefined;
  readonly cancelRequested: boolean;
  /** The span in which it was queued, as W3C writes it; undefined where nobody traces. */
  readonly trace?: string | undefined;
  /** Why its record cannot be read: what stands here is all that can, and nobody runs it. */
  readonly unreadable?: string | undefined;
  readonly createdAt: string;
  readonly startedAt: string | undefined;
  readonly finishedAt: string | undefined;
}

export interface NewJob {
  readonly id: string;
  readonly operation: string;
  readonly input: unknown;
  readonly principal: Principal;
  /** What it is for: an operation has one job for a key, whoever asks, and however often. */
  readonly key?: string | undefined;
  readonly trace?: string | undefined;
}

/** A worker's hold on a job: it ends when another takes the job. */
export interface JobHold {
  readonly job: string;
  readonly generation: number;
}

/** A process's hold on a lease: it ends when another takes the lease. */
export interface LeaseHold {
  readonly lease: string;
  readonly generation: number;
}

/** What every change of a worker is checked against: who was stopped and wakes after a take-over changes nothing. */
export type Fence = JobHold | LeaseHold;

/** A step of a job that has just finished: when that was, the store's clock says. */
export interface FinishedStep {
  readonly name: string;
  /** JSON, or undefined. */
  readonly result: unknown;
  readonly tookMs: number;
}

/** A finished step of a job: what it gave is not made again. */
export interface JobStep {
  readonly name: string;
  /** JSON, or undefined. */
  readonly result: unknown;
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** Where work can be queued: the store, or a change in progress, with which the job then comes to be or not. */
export interface JobInbox {
  /** Queues a job; where its operation has one for the same key, that one is the answer. */
  enqueue(job: NewJob): Promise<Job>;
}

/**
 * The durable queue. A lease that is not renewed in time lets another worker take a queued job over: in the time of the store, so that
 * workers whose clocks are minutes apart agree.
 */
export interface JobStore extends JobInbox {
  /** Makes a job that runs here: when its process dies nobody takes it over. */
  begin(job: NewJob, holder: string, leaseMs: number): Promise<Job>;
  /** Takes the oldest queued job, or one whose lease ran out (those that began inline become `interrupted`). */
  claim(holder: string, leaseMs: number, maxAttempts: number): Promise<Job | undefined>;
  /** Renews the lease and stores the progress; says whether to go on. `lost`: the hold has ended. */
  heartbeat(
    hold: JobHold,
    leaseMs: number,
    progress: Progress | undefined,
  ): Promise<'go-on' | 'cancel' | 'lost'>;
  /** Ends a job; does nothing (returns false) when the hold has ended. */
  finish(
    hold: JobHold,
    end:
      | { readonly state: 'succeeded'; readonly output: unknown }
      | { readonly state: 'failed' | 'cancelled' | 'interrupted'; readonly error: ErrorDocument },
  ): Promise<boolean>;
  /**
   * Gives a job back to the queue as if it had not been begun: its worker was told to stop, and did not fail. Does nothing
   * (returns false) when the hold has ended.
   */
  release(hold: JobHold): Promise<boolean>;
  /** Ends the leases of a holder that is known to be dead, so that others need not wait for them to run out. */
  giveUp(holder: string): Promise<void>;
  /** The finished steps of a job, the first first. */
  steps(job: string): Promise<readonly JobStep[]>;
  /** Keeps a step that has just finished, or one of another job with its times; does nothing (returns false) when the hold has ended. */
  keepStep(hold: JobHold, step: FinishedStep | JobStep): Promise<boolean>;
  requestCancel(id: string): Promise<Job | undefined>;
  get(id: string): Promise<Job | undefined>;
  list(query: { readonly state?: JobState | undefined; readonly limit: number }): Promise<readonly Job[]>;
}

export const jobStoreToken = token<JobStore>('kernel.jobs');

/** Mutual exclusion across processes, for schedules and subscribers, in the time of the store. */
export interface Leases {
  /** The hold of `holder`, new or renewed until `ttlMs` from now; undefined when another has it. */
  acquire(name: string, holder: string, ttlMs: number): Promise<LeaseHold | undefined>;
  /** Ends a hold, unless it has ended. */
  release(hold: LeaseHold): Promise<void>;
}

export const leasesToken = token<Leases>('kernel.leases');
