import type { Migration } from '@trestle/store';

/** The plugin's tables. */
export interface TrainingTables {
  runs: {
    run: string;
    status: string;
    /** JSON of the whole record. */
    record: string;
    /** `host:pid` of the process that runs it, to notice that it died. */
    holder: string;
    started_at: string;
  };
}

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
