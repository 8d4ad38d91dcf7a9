import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely';
import type { Migration } from '../interface/metadata.ts';
import type { SqlDatabase } from './database.ts';
import { GENESIS } from './events.ts';
import type { StoreTables } from './tables.ts';

/** The store's own schema, in the words of any database. */
export const storeMigrations = (database: Pick<SqlDatabase, 'forbidChanges'>): readonly Migration[] => [
  {
    name: 'store-0001-log-lineage-jobs',
    async up(db) {
      await db.schema
        .createTable('events')
        .addColumn('seq', 'integer', (column) => column.primaryKey())
        .addColumn('id', 'text', (column) => column.notNull().unique())
        .addColumn('type', 'text', (column) => column.notNull())
        .addColumn('subject', 'text', (column) => column.notNull())
        .addColumn('payload', 'text', (column) => column.notNull())
        .addColumn('actor', 'text', (column) => column.notNull())
        .addColumn('operation', 'text', (column) => column.notNull())
        .addColumn('request_id', 'text', (column) => column.notNull())
        .addColumn('time', 'text', (column) => column.notNull())
        .addColumn('hash', 'text', (column) => column.notNull())
        .execute();
      await db.schema.createIndex('events_by_subject').on('events').columns(['subject', 'seq']).execute();
      await db.schema
        .createTable('cursors')
        .addColumn('subscriber', 'text', (column) => column.primaryKey())
        .addColumn('seq', 'integer', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('lineage_edges')
        .addColumn('from_ref', 'text', (column) => column.notNull())
        .addColumn('to_ref', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('time', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('lineage_edges_key', ['to_ref', 'from_ref', 'kind'])
        .execute();
      await db.schema.createIndex('lineage_edges_from').on('lineage_edges').column('from_ref').execute();
      await db.schema
        .createTable('jobs')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('operation', 'text', (column) => column.notNull())
        .addColumn('input', 'text', (column) => column.notNull())
        .addColumn('principal', 'text', (column) => column.notNull())
        .addColumn('mode', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('attempts', 'integer', (column) => column.notNull())
        .addColumn('progress', 'text')
        .addColumn('output', 'text')
        .addColumn('error', 'text')
        .addColumn('cancel_requested', 'integer', (column) => column.notNull())
        .addColumn('holder', 'text')
        .addColumn('lease_until_ms', 'bigint')
        .addColumn('created_at', 'text', (column) => column.notNull())
        .addColumn('started_at', 'text')
        .addColumn('finished_at', 'text')
        .execute();
      await db.schema.createIndex('jobs_by_state').on('jobs').columns(['state', 'created_at']).execute();
      await db.schema
        .createTable('leases')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('holder', 'text', (column) => column.notNull())
        .addColumn('until_ms', 'bigint', (column) => column.notNull())
        .execute();
    },
  },
  {
    name: 'store-0002-log-guard',
    async up(db) {
      await db.schema
        .createTable('log_head')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('seq', 'integer', (column) => column.notNull())
        .addColumn('hash', 'text', (column) => column.notNull())
        .execute();
      await sql`INSERT INTO log_head SELECT 1, seq, hash FROM events ORDER BY seq DESC LIMIT 1`.execute(db);
      // Against mistakes, not against an attacker who can drop them: those the chain shows.
      await database.forbidChanges(db, 'events');
    },
  },
  {
    name: 'store-0003-generations-steps',
    async up(db) {
      const count = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo(0);
      await db.schema.alterTable('jobs').addColumn('generation', 'integer', count).execute();
      await db.schema.alterTable('leases').addColumn('generation', 'integer', count).execute();
      await db.schema.alterTable('jobs').addColumn('key', 'text').execute();
      await db.schema
        .createIndex('jobs_by_key')
        .unique()
        .on('jobs')
        .columns(['operation', 'key'])
        .where(sql.ref('key'), 'is not', null)
        .execute();
      await db.schema
        .createTable('job_steps')
        .addColumn('job', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('result', 'text')
        .addColumn('generation', 'integer', (column) => column.notNull())
        .addColumn('started_at', 'text', (column) => column.notNull())
        .addColumn('finished_at', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('job_steps_key', ['job', 'name'])
        .execute();
    },
  },
  {
    name: 'store-0004-one-clock',
    async up(db) {
      const tables = db as Kysely<StoreTables>;
      await db.schema
        .alterTable('log_head')
        .addColumn('time', 'text', (column) => column.notNull().defaultTo(''))
        .execute();
      const newest = await tables
        .selectFrom('events')
        .select(['seq', 'hash', 'time'])
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (newest) await tables.updateTable('log_head').set({ time: newest.time }).execute();
      else
        await tables
          .insertInto('log_head')
          .values({ id: 1, seq: 0, hash: GENESIS, time: '' })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      await db.schema
        .alterTable('job_steps')
        .addColumn('place', 'integer', (column) => column.notNull().defaultTo(0))
        .execute();
    },
  },
  {
    name: 'store-0005-traces',
    async up(db) {
      await db.schema.alterTable('jobs').addColumn('trace', 'text').execute();
    },
  },
];
