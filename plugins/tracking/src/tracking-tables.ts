import type { Migration } from '@trestle/store';
import type { Generated } from 'kysely';
import { moveOldRuns } from './old-runs.ts';

/** A type, which (unlike an interface) may be added to the tables of a change that is open. */
export type TrackingTables = {
  tracked_runs: {
    run: string;
    kind: string;
    experiment: string;
    status: string;
    parent: string | null;
    job: string | null;
    /** JSON: what its kind has beside what every run has. */
    facts: string;
    error: string | null;
    by: string;
    started_at: string;
    finished_at: string | null;
    /** A deleted run is not shown any more; what was made by it still refers to it. */
    deleted_at: string | null;
    /** When the process of a run that a script logs was last heard. */
    heard_at_ms: Generated<number | null>;
  };
  run_params: { run: string; name: string; value: string };
  /** Only added to: the last value of a series is its newest row. */
  run_metrics: {
    run: string;
    name: string;
    at: number;
    /** 0 where `special` says what it is. */
    value: number;
    time: string;
    special: Generated<string | null>;
  };
  run_tags: { run: string; name: string; value: string };
  run_notes: { run: string; place: number; text: string; by: string; time: string };
  run_artifacts: {
    run: string;
    name: string;
    digest: string;
    bytes: number;
    freed_at: Generated<string | null>;
  };
  /** Content that is ours: what is collected was written down here before it was kept. */
  run_blobs: { digest: string; bytes: number; pinned_until_ms: number };
  /** How much of what a process logs to a run has come. */
  run_writers: { run: string; writer: string; received: number };
  run_steps: { run: string; step: string; place: number; state: string; detail: string };
};

export const trackingMigrations: readonly Migration[] = [
  {
    name: 'tracking-0001-runs',
    async up(db) {
      const table = (name: string) =>
        db.schema.createTable(name).addColumn('run', 'text', (it) => it.notNull());
      await db.schema
        .createTable('tracked_runs')
        .addColumn('run', 'text', (column) => column.primaryKey())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('experiment', 'text', (column) => column.notNull())
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('parent', 'text')
        .addColumn('job', 'text')
        .addColumn('facts', 'text', (column) => column.notNull())
        .addColumn('error', 'text')
        .addColumn('by', 'text', (column) => column.notNull())
        .addColumn('started_at', 'text', (column) => column.notNull())
        .addColumn('finished_at', 'text')
        .addColumn('deleted_at', 'text')
        .execute();
      const by = (name: string, columns: readonly string[]) =>
        db.schema
          .createIndex(name)
          .on('tracked_runs')
          .columns([...columns])
          .execute();
      await by('tracked_runs_by_time', ['started_at']);
      await by('tracked_runs_by_experiment', ['experiment', 'started_at']);
      await by('tracked_runs_by_kind', ['kind', 'started_at']);
      await table('run_params')
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('run_params_key', ['run', 'name'])
        .execute();
      await table('run_metrics')
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('at', 'integer', (column) => column.notNull())
        .addColumn('value', 'double precision', (column) => column.notNull())
        .addColumn('time', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('run_metrics_by_run')
        .on('run_metrics')
        .columns(['run', 'name', 'at'])
        .execute();
      await table('run_tags')
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('run_tags_key', ['run', 'name'])
        .execute();
      await table('run_notes')
        .addColumn('place', 'integer', (column) => column.notNull())
        .addColumn('text', 'text', (column) => column.notNull())
        .addColumn('by', 'text', (column) => column.notNull())
        .addColumn('time', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('run_notes_key', ['run', 'place'])
        .execute();
      await table('run_artifacts')
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('bytes', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('run_artifacts_key', ['run', 'name'])
        .execute();
      await table('run_steps')
        .addColumn('step', 'text', (column) => column.notNull())
        .addColumn('place', 'integer', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('detail', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('run_steps_key', ['run', 'step'])
        .execute();
      await moveOldRuns(db as never);
    },
  },
  {
    name: 'tracking-0002-logging',
    async up(db) {
      await db.schema.alterTable('tracked_runs').addColumn('heard_at_ms', 'bigint').execute();
      await db.schema.alterTable('run_metrics').addColumn('special', 'text').execute();
      await db.schema.alterTable('run_artifacts').addColumn('freed_at', 'text').execute();
      await db.schema
        .createIndex('run_artifacts_by_digest')
        .on('run_artifacts')
        .columns(['digest'])
        .execute();
      await db.schema
        .createTable('run_blobs')
        .addColumn('digest', 'text', (column) => column.primaryKey())
        .addColumn('bytes', 'bigint', (column) => column.notNull())
        .addColumn('pinned_until_ms', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('run_writers')
        .addColumn('run', 'text', (column) => column.notNull())
        .addColumn('writer', 'text', (column) => column.notNull())
        .addColumn('received', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('run_writers_key', ['run', 'writer'])
        .execute();
    },
  },
];
