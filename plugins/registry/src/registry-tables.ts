import type { Migration } from '@trestle/store';
import type { GeneratedAlways } from 'kysely';

/** The plugin's tables. */
export interface RegistryTables {
  model_versions: {
    name: string;
    version: number;
    digest: string;
    task: string | null;
    estimator: string | null;
    run: string | null;
    dataset: string | null;
    /** JSON of name → number. */
    metrics: string;
    created_at: string;
  };
  /** Where each alias points now: a projection of the moves. */
  model_aliases: { name: string; alias: string; version: number };
  /** Every move of an alias, in order. */
  model_alias_moves: {
    id: GeneratedAlways<number>;
    name: string;
    alias: string;
    kind: 'promoted' | 'rolled-back';
    version: number;
    previous: number | null;
    actor: string;
    time: string;
  };
}

export const registryMigrations: readonly Migration[] = [
  {
    name: 'registry-0001-models',
    async up(db) {
      await db.schema
        .createTable('model_versions')
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('task', 'text')
        .addColumn('estimator', 'text')
        .addColumn('run', 'text')
        .addColumn('dataset', 'text')
        .addColumn('metrics', 'text', (column) => column.notNull())
        .addColumn('created_at', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('model_versions_key', ['name', 'version'])
        .addUniqueConstraint('model_versions_digest', ['name', 'digest'])
        .execute();
      await db.schema
        .createTable('model_aliases')
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('alias', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('model_aliases_key', ['name', 'alias'])
        .execute();
      await db.schema
        .createTable('model_alias_moves')
        .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('alias', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('previous', 'integer')
        .addColumn('actor', 'text', (column) => column.notNull())
        .addColumn('time', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('model_alias_moves_of')
        .on('model_alias_moves')
        .columns(['name', 'alias', 'id'])
        .execute();
    },
  },
];
