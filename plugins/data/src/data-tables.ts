import type { Migration } from '@trestle/store';

/** The plugin's tables. */
export interface DataTables {
  dataset_versions: {
    dataset: string;
    version: number;
    /** SHA-256 of the manifest, which is a blob. */
    digest: string;
    rows: number;
    /** JSON: [{name, type, nulls}] */
    columns: string;
    source: string;
    created_at: string;
  };
  /** By the version's digest: equal data is profiled once. */
  dataset_profiles: { digest: string; profile: string };
  /** Names of versions. */
  dataset_tags: { dataset: string; tag: string; version: number };
}

export const dataMigrations: readonly Migration[] = [
  {
    name: 'data-0001-versions',
    async up(db) {
      await db.schema
        .createTable('dataset_versions')
        .addColumn('dataset', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('digest', 'text', (column) => column.notNull())
        .addColumn('rows', 'bigint', (column) => column.notNull())
        .addColumn('columns', 'text', (column) => column.notNull())
        .addColumn('source', 'text', (column) => column.notNull())
        .addColumn('created_at', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('dataset_versions_key', ['dataset', 'version'])
        .execute();
      await db.schema
        .createTable('dataset_profiles')
        .addColumn('digest', 'text', (column) => column.primaryKey())
        .addColumn('profile', 'text', (column) => column.notNull())
        .execute();
    },
  },
  {
    name: 'data-0002-tags',
    async up(db) {
      await db.schema
        .createTable('dataset_tags')
        .addColumn('dataset', 'text', (column) => column.notNull())
        .addColumn('tag', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addPrimaryKeyConstraint('dataset_tags_key', ['dataset', 'tag'])
        .execute();
    },
  },
];
