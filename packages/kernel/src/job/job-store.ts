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
  readonly progress: Progress | undefined;
  readonly output: unknown;
  readonly error: ErrorDocument | undefined;
  readonly cancelRequested: boolean;
  readonly createdAt: string;
  readonly startedAt: string | undefined;
  readonly finishedAt: string | undefined;
}

export interface NewJob {
  readonly id: string;
  readonly operation: string;
  readonly input: unknown;
  readonly principal: Principal;
  /** `inline` work runs in the process that asked; when that dies nobody takes it over. */
  readonly mode: 'inline' | 'queued';
}

/** The durable queue. A lease that is not renewed in time lets another worker take a queued job over. */
export interface JobStore {
  /** Adds a job: `queued`, or `running` under the holder's lease when it is inline. */
  create(job: NewJob, holder: string, leaseMs: number): Promise<Job>;
  /** Takes the oldest queued job, or one whose lease ran out (inline ones become `interrupted`). */
  claim(holder: string, leaseMs: number, maxAttempts: number): Promise<Job | undefined>;
  /** Renews the lease and stores the progress; says whether to go on. `lost`: another worker has it now. */
  heartbeat(
    id: string,
    holder: string,
    leaseMs: number,
    progress: Progress | undefined,
  ): Promise<'go-on' | 'cancel' | 'lost'>;
  /** Ends a job; does nothing (returns false) when the holder no longer has the lease. */
  finish(
    id: string,
    holder: string,
    end:
      | { readonly state: 'succeeded'; readonly output: unknown }
      | { readonly state: 'failed' | 'cancelled' | 'interrupted'; readonly error: ErrorDocument },
  ): Promise<boolean>;
  /** Gives a job back to the queue as if it had not been begun: its worker was told to stop, and did not fail. */
  release(id: string, holder: string): Promise<void>;
  requestCancel(id: string): Promise<Job | undefined>;
  get(id: string): Promise<Job | undefined>;
  list(query: { readonly state?: JobState | undefined; readonly limit: number }): Promise<readonly Job[]>;
}

export const jobStoreToken = token<JobStore>('kernel.jobs');

/** Mutual exclusion across processes, for schedules and subscribers. */
export interface Leases {
  /** True when `holder` now has, or still has, the lease until `ttlMs` from now. */
  acquire(name: string, holder: string, ttlMs: number): Promise<boolean>;
  release(name: string, holder: string): Promise<void>;
}

export const leasesToken = token<Leases>('kernel.leases');
