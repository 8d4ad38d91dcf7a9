import type { Migration } from '@trestle/store';

export type PipelineTables = {
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
    name: 'pipeline-0001-clocks',
    async up(db) {
      // Where pipelines were the data plugin's, it is there already.
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
