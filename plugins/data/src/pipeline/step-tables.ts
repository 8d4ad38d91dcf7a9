import type { Migration } from '@trestle/store';

/** A type, which (unlike an interface) may be added to the tables of a change that is open. */
export type StepTables = {
  /** What steps made, by the key of all that it followed from. */
  pipeline_steps: {
    key: string;
    pipeline: string;
    step: string;
    /** SHA-256 of the manifest that was made. */
    digest: string;
    /** JSON: the parts of the key, to say later what changed. */
    parts: string;
    made_at: string;
  };
  /** Where the columns of a version come from: one row per pair of columns. */
  dataset_column_edges: { to_ref: string; to_column: string; from_ref: string; from_column: string };
};

export const stepMigrations: readonly Migration[] = [
  {
    name: 'data-0020-pipelines',
    async up(db) {
      await db.schema
        .createTable('pipeline_steps')
        .addColumn('key', 'text', (column) => column.primaryKey())
        .addColumn('pipeline', 'text', (column) => column.notNull())
        .addColumn('step', 'text', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('parts', 'text', (column) => column.notNull())
        .addColumn('made_at', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('pipeline_steps_by_step')
        .on('pipeline_steps')
        .columns(['pipeline', 'step', 'made_at'])
        .execute();
    },
  },
  {
    name: 'data-0021-column-edges',
    async up(db) {
      await db.schema
        .createTable('dataset_column_edges')
        .addColumn('to_ref', 'text', (column) => column.notNull())
        .addColumn('to_column', 'text', (column) => column.notNull())
        .addColumn('from_ref', 'text', (column) => column.notNull())
        .addColumn('from_column', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('dataset_column_edges_key', [
          'to_ref',
          'to_column',
          'from_ref',
          'from_column',
        ])
        .execute();
    },
  },
];
