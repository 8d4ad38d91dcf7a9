import type { Migration } from '@trestle/store';

/** The plugin's tables. */
export interface ServingTables {
  /** What was deployed, revision by revision; the highest one serves. */
  deployment_revisions: {
    deployment: string;
    revision: number;
    model: string;
    version: number;
    digest: string;
    /** The alias that it follows. */
    follows: string | null;
    kind: 'deployed' | 'followed' | 'rolled-back';
    actor: string;
    created_at: string;
    /** Where the graph runs; what the configuration says when null. */
    executor: string | null;
  };
  /** Where a model's graph runs that was measured, and why: what a process chose last. */
  executor_choices: {
    digest: string;
    wanted: string;
    executor: string;
    measured: string;
    host: string;
    chosen_at: string;
  };
}

export const servingMigrations: readonly Migration[] = [
  {
    name: 'serving-0001-deployments',
    async up(db) {
      await db.schema
        .createTable('deployment_revisions')
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('revision', 'integer', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('follows', 'text')
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('actor', 'text', (column) => column.notNull())
        .addColumn('created_at', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('deployment_revisions_key', ['deployment', 'revision'])
        .execute();
    },
  },
  {
    name: 'serving-0002-executors',
    async up(db) {
      await db.schema.alterTable('deployment_revisions').addColumn('executor', 'text').execute();
      await db.schema
        .createTable('executor_choices')
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('wanted', 'text', (column) => column.notNull())
        .addColumn('executor', 'text', (column) => column.notNull())
        .addColumn('measured', 'text', (column) => column.notNull())
        .addColumn('host', 'text', (column) => column.notNull())
        .addColumn('chosen_at', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('executor_choices_key', ['digest', 'wanted'])
        .execute();
    },
  },
];
