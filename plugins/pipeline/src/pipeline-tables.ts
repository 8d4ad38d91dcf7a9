import type { Migration } from '@trestle/store';

export type PipelineTables = {
  pipeline_runs: {
    run: string;
    pipeline: string;
    status: string;
    /** JSON: the whole record. */
    record: string;
    /** The process that runs it: `host:pid`. */
    holder: string;
    started_at: string;
  };
  /** Up to when a cron line was looked at. */
  pipeline_clocks: { pipeline: string; looked_at: string };
  /** What steps that call an operation once gave, by the key of all that it followed from. */
  pipeline_results: {
    key: string;
    pipeline: string;
    step: string;
    /** JSON. */
    result: string;
    made_at: string;
  };
};

export const pipelineMigrations: readonly Migration[] = [
  {
    name: 'pipeline-0001-runs',
    async up(db) {
      // Where pipelines were the data plugin's, the first two are there already.
      await db.schema
        .createTable('pipeline_runs')
        .ifNotExists()
        .addColumn('run', 'text', (column) => column.primaryKey())
        .addColumn('pipeline', 'text', (column) => column.notNull())
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('record', 'text', (column) => column.notNull())
        .addColumn('holder', 'text', (column) => column.notNull())
        .addColumn('started_at', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('pipeline_clocks')
        .ifNotExists()
        .addColumn('pipeline', 'text', (column) => column.primaryKey())
        .addColumn('looked_at', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('pipeline_results')
        .addColumn('key', 'text', (column) => column.primaryKey())
        .addColumn('pipeline', 'text', (column) => column.notNull())
        .addColumn('step', 'text', (column) => column.notNull())
        .addColumn('result', 'text', (column) => column.notNull())
        .addColumn('made_at', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('pipeline_results_by_step')
        .on('pipeline_results')
        .columns(['pipeline', 'step'])
        .execute();
    },
  },
];
