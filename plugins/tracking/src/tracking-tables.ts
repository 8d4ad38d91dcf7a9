import type { Migration } from '@trestle/store';
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
  };
  run_params: { run: string; name: string; value: string };
  /** Only added to: the last value of a series is its newest row. */
  run_metrics: { run: string; name: string; at: number; value: number; time: string };
  run_tags: { run: string; name: string; value: string };
  run_notes: { run: string; place: number; text: string; by: string; time: string };
  run_artifacts: { run: string; name: string; digest: string; bytes: number };
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
];
