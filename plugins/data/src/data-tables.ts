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
  /** What values are like, by a digest of parts of versions: equal parts are looked at once. */
  dataset_sketches: { digest: string; sketch: string };
  /** Names of versions. */
  dataset_tags: { dataset: string; tag: string; version: number };
  /** What a person is to know of how the rows of a version were read. */
  dataset_notes: { dataset: string; version: number /** JSON: a list of texts. */; notes: string };
  /** Every blob that this plugin made: what may be collected when no version refers to it. */
  dataset_blobs: {
    digest: string;
    bytes: number;
    /** Until then somebody may be about to refer to it. */
    pinned_until_ms: number;
    /** 1: it held rows that were erased, and goes whatever its pin says. */
    erased: number;
  };
  /** Versions that were let go of: their numbers are not given again. */
  dataset_retired: { dataset: string; version: number; retired_at: string };
  /** What suites found, the newest result of each. */
  dataset_checks: {
    dataset: string;
    version: number;
    suite: string;
    passed: number;
    /** JSON: results without examples. */
    results: string;
    checked_at: string;
  };
  /** What was erased, when and by whom; never the values. */
  dataset_erasures: {
    id: string;
    dataset: string;
    column_name: string;
    rows: number;
    /** JSON: [{dataset, version, rows}] */
    versions: string;
    /** SHA-256 over a salt that only the caller got, the column and the values. */
    commitment: string;
    principal: string;
    erased_at: string;
  };
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
  {
    name: 'data-0030-retention',
    async up(db) {
      await db.schema
        .createTable('dataset_blobs')
        .addColumn('digest', 'text', (column) => column.primaryKey())
        .addColumn('bytes', 'bigint', (column) => column.notNull())
        .addColumn('pinned_until_ms', 'bigint', (column) => column.notNull())
        .addColumn('erased', 'integer', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('dataset_retired')
        .addColumn('dataset', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('retired_at', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('dataset_retired_key', ['dataset', 'version'])
        .execute();
      await db.schema
        .createTable('dataset_erasures')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('dataset', 'text', (column) => column.notNull())
        .addColumn('column_name', 'text', (column) => column.notNull())
        .addColumn('rows', 'bigint', (column) => column.notNull())
        .addColumn('versions', 'text', (column) => column.notNull())
        .addColumn('commitment', 'text', (column) => column.notNull())
        .addColumn('principal', 'text', (column) => column.notNull())
        .addColumn('erased_at', 'text', (column) => column.notNull())
        .execute();
    },
  },
  {
    name: 'data-0031-checks',
    async up(db) {
      await db.schema
        .createTable('dataset_checks')
        .addColumn('dataset', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('suite', 'text', (column) => column.notNull())
        .addColumn('passed', 'integer', (column) => column.notNull())
        .addColumn('results', 'text', (column) => column.notNull())
        .addColumn('checked_at', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('dataset_checks_key', ['dataset', 'version', 'suite'])
        .execute();
    },
  },
  {
    name: 'data-0040-sketches',
    async up(db) {
      await db.schema
        .createTable('dataset_sketches')
        .addColumn('digest', 'text', (column) => column.primaryKey())
        .addColumn('sketch', 'text', (column) => column.notNull())
        .execute();
      // Profiles follow from sketches.
      await db.schema.dropTable('dataset_profiles').execute();
    },
  },
  {
    name: 'data-0050-notes',
    async up(db) {
      await db.schema
        .createTable('dataset_notes')
        .addColumn('dataset', 'text', (column) => column.notNull())
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('notes', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('dataset_notes_key', ['dataset', 'version'])
        .execute();
    },
  },
];
