/** The store's own tables, as Kysely sees them. Times are ISO 8601 in UTC; `…_ms` are milliseconds since 1970. */
export interface StoreTables {
  schema_migrations: { name: string; applied_at: string };
  events: {
    seq: number;
    id: string;
    type: string;
    subject: string;
    payload: string;
    actor: string;
    operation: string;
    request_id: string;
    time: string;
    hash: string;
  };
  /** One row: the newest entry, kept apart so that a log whose end was cut off is noticed. */
  log_head: { id: number; seq: number; hash: string; time: string };
  cursors: { subscriber: string; seq: number };
  lineage_edges: { from_ref: string; to_ref: string; kind: string; time: string };
  jobs: {
    id: string;
    operation: string;
    input: string;
    principal: string;
    /** `inline` until it ends where it began, `queued` where a worker may take it. */
    mode: string;
    /** The span in which it was queued. */
    trace: string | null;
    state: string;
    attempts: number;
    generation: number;
    /** What it is for; unique in its operation. */
    key: string | null;
    progress: string | null;
    output: string | null;
    error: string | null;
    cancel_requested: number;
    holder: string | null;
    lease_until_ms: number | null;
    created_at: string;
    started_at: string | null;
    finished_at: string | null;
  };
  job_steps: {
    job: string;
    name: string;
    /** JSON; null for nothing. */
    result: string | null;
    generation: number;
    /** Which of the job's steps it is, from 1; 0 where an earlier version kept it. */
    place: number;
    started_at: string;
    finished_at: string;
  };
  /** A lease that was given back keeps its row, and with it its number. */
  leases: { name: string; holder: string; until_ms: number; generation: number };
}
