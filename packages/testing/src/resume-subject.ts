import type { Host, Plugin } from '@trestle/kernel';

/** A job that can be resumed, as the export `subject` of a module that a process of its own can import. */
export interface ResumeSubject {
  readonly plugins: readonly Plugin[];
  /** Files of the project, by their paths. */
  readonly files: Readonly<Record<string, string>>;
  /** Puts into the new project what the job needs. */
  fill(host: Host): Promise<unknown>;
  /** Does the job in this process. */
  run(host: Host): Promise<unknown>;
  /** All that a project holds when the job is done, without ids and times: a piece made twice must show in it. */
  outcome(host: Host): Promise<unknown>;
}

/** Short leases: who was killed is soon known to be dead. */
export const RESUME_TIMINGS = { leaseMs: 400, heartbeatMs: 50 };
