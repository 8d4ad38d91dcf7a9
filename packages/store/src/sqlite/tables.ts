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
  log_head: { id: number; seq: number; hash: string };
  cursors: { subscriber: string; seq: number };
  lineage_edges: { from_ref: string; to_ref: string; kind: string; time: string };
  jobs: {
    id: string;
    operation: string;
    input: string;
    principal: string;
    mode: string;
    state: string;
    attempts: number;
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
  leases: { name: string; holder: string; until_ms: number };
}
