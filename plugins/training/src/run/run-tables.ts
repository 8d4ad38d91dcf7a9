import type { Migration } from '@trestle/store';

/** The table of runs of earlier versions: the tracking plugin has moved what it held, and nothing is written to it. */
export const trainingMigrations: readonly Migration[] = [
  {
    name: 'training-0001-runs',
    async up(db) {
      await db.schema
        .createTable('runs')
        .addColumn('run', 'text', (column) => column.primaryKey())
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('record', 'text', (column) => column.notNull())
        .addColumn('holder', 'text', (column) => column.notNull())
        .addColumn('started_at', 'text', (column) => column.notNull())
        .execute();
    },
  },
];
