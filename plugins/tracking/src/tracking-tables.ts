import type { Migration } from '@trestle/store';
import type { Generated } from 'kysely';
import { moveOldRuns } from './old-runs.ts';
import { summariseAll } from './summaries.ts';

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
  run_params: {
    run: string;
    name: string;
    /** JSON. */
    value: string;
    /** Its value, where that is a number. */
    number: Generated<number | null>;
  };
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
  /** What a series has come to: kept with each of its rows, so that a hundred thousand runs are sorted without reading them. */
  run_summaries: {
    run: string;
    name: string;
    points: number;
    first_at: number;
    last_at: number;
    last_time: string;
    /** Null where the last is no finite number: `last_special` says what it is. */
    last: number | null;
    last_special: string | null;
    /** Of the finite values, with their steps. */
    low: number | null;
    low_at: number | null;
    high: number | null;
    high_at: number | null;
  };
  /** The extremes of each stretch of steps of a long series, so that a million points are drawn without reading them. */
  run_stretches: {
    run: string;
    name: string;
    place: number;
    first_at: number;
    time: string;
    low: number | null;
    high: number | null;
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
  {
    name: 'tracking-0003-summaries',
    async up(db) {
      const table = (name: string) =>
        db.schema
          .createTable(name)
          .addColumn('run', 'text', (it) => it.notNull())
          .addColumn('name', 'text', (column) => column.notNull());
      await table('run_summaries')
        .addColumn('points', 'bigint', (column) => column.notNull())
        .addColumn('first_at', 'bigint', (column) => column.notNull())
        .addColumn('last_at', 'bigint', (column) => column.notNull())
        .addColumn('last_time', 'text', (column) => column.notNull())
        .addColumn('last', 'double precision')
        .addColumn('last_special', 'text')
        .addColumn('low', 'double precision')
        .addColumn('low_at', 'bigint')
        .addColumn('high', 'double precision')
        .addColumn('high_at', 'bigint')
        .addPrimaryKeyConstraint('run_summaries_key', ['run', 'name'])
        .execute();
      await table('run_stretches')
        .addColumn('place', 'bigint', (column) => column.notNull())
        .addColumn('first_at', 'bigint', (column) => column.notNull())
        .addColumn('time', 'text', (column) => column.notNull())
        .addColumn('low', 'double precision')
        .addColumn('high', 'double precision')
        .addPrimaryKeyConstraint('run_stretches_key', ['run', 'name', 'place'])
        .execute();
      await db.schema.alterTable('run_params').addColumn('number', 'double precision').execute();
      const index = (name: string, on: string, columns: readonly string[]) =>
        db.schema
          .createIndex(name)
          .on(on)
          .columns([...columns])
          .execute();
      await index('run_summaries_by_last', 'run_summaries', ['name', 'last', 'run']);
      await index('run_summaries_by_low', 'run_summaries', ['name', 'low', 'run']);
      await index('run_summaries_by_high', 'run_summaries', ['name', 'high', 'run']);
      await index('run_params_by_number', 'run_params', ['name', 'number', 'run']);
      await index('run_tags_by_name', 'run_tags', ['name', 'run']);
      await index('tracked_runs_not_deleted', 'tracked_runs', ['deleted_at', 'started_at', 'run']);
      // A migration knows the tables by the steps before it.
      await summariseAll(db as never);
    },
  },
];
