import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@trestle/kernel';
import type { SqlDatabase, StoreTables, Weight } from '@trestle/store/adapter';
import { HandleEmptyInListsPlugin, Kysely, replaceWithNoncontingentExpression, sql } from 'kysely';
import pg from 'pg';
import { type Address, addressOf } from './address.ts';
import { databaseHealth } from './health.ts';
import { postgresLogHead } from './log-head.ts';
import { type DialectOptions, postgresDialect } from './postgres-dialect.ts';
import { storeError } from './store-error.ts';
import { isConflict, translateError } from './translate-error.ts';

export interface PostgresOptions {
  readonly url: string;
  readonly schema: string;
  readonly connections: number;
  readonly lockWaitMs: number;
  readonly statementMs: number;
  readonly log: Logger;
}

const OLDEST = 150_000;
const MAX_TRIES = 20;

/** Whole numbers come back as numbers, which all of the store's are: bigint, and the sums of them. */
const INT8 = 20;
const NUMERIC = 1700;
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 || oid === NUMERIC ? Number : pg.types.getTypeParser(oid, format as 'text'),
};

/** Opens a database of a server, in a schema of its own. @throws TRS_STORE_ADDRESS, TRS_STORE_UNREACHABLE, TRS_STORE_REFUSED, TRS_STORE_TOO_OLD */
export async function openPostgres(options: PostgresOptions): Promise<SqlDatabase> {
  const { schema, log } = options;
  const address = addressOf(options.url);
  const { shown } = address;
  await prepare(options, address);
  const pools = {
    reading: openPool(options, address, '-c default_transaction_read_only=on'),
    writing: openPool(options, address, ''),
  };
  const head = postgresLogHead(
    () => new pg.Client(clientConfig(options, address, '')),
    `trestle_${schema}`,
    log,
  );
  const kysely = (dialect: Omit<DialectOptions, 'pool' | 'shown' | 'schema'>, pool = pools.writing) =>
    new Kysely<StoreTables>({
      dialect: postgresDialect({ pool, shown, schema, ...dialect }),
      // SQLite knows `in ()`.
      plugins: [new HandleEmptyInListsPlugin({ strategy: replaceWithNoncontingentExpression })],
    });
  // A lock that is taken before the transaction sees anything: what it sees then is what the one before left (postgresql.org/docs/15/sql-lock.html).
  const writers: Readonly<Record<Weight, Kysely<StoreTables>>> = {
    schema: kysely({
      begin: `BEGIN; SELECT pg_advisory_xact_lock(hashtext('trestle'), hashtext('${schema}'))`,
    }),
    state: kysely({
      begin: 'BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE log_head IN EXCLUSIVE MODE',
      commit: `SELECT seq, pg_notify('trestle_${schema}', seq::text) FROM log_head; COMMIT`,
      committed: ([row]) => head.heard(seqOf(row)),
    }),
    data: kysely({ begin: 'BEGIN ISOLATION LEVEL SERIALIZABLE' }),
    relaxed: kysely({ begin: 'BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL synchronous_commit = off' }),
  };
  const reader = kysely({ begin: 'BEGIN' }, pools.reading);
  // Between two pieces it may be idle for as long as whoever reads takes; scans that join others would begin anywhere.
  const snapshots = kysely(
    {
      begin:
        'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL synchronize_seqscans = off',
    },
    pools.reading,
  );
  const underWay = new Set<Promise<unknown>>();
  return {
    reader,
    clock: {
      ms: sql<number>`(extract(epoch FROM clock_timestamp()) * 1000)::bigint`,
      iso: sql<string>`to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    },
    head,
    async transact(weight, work) {
      const execution = retried(() => writers[weight].transaction().execute(work), log);
      underWay.add(execution);
      return await execution.finally(() => underWay.delete(execution));
    },
    snapshot: (work) => snapshots.transaction().execute(work),
    async forbidChanges(db, table) {
      const name = sql.id(`${table}_append_only`);
      await sql`CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the event log is append-only'; END $$`.execute(db);
      await sql`CREATE TRIGGER ${name} BEFORE UPDATE OR DELETE OR TRUNCATE ON ${sql.table(table)}
        FOR EACH STATEMENT EXECUTE FUNCTION ${name}()`.execute(db);
    },
    async freeze(db, tables) {
      await sql`LOCK TABLE ${sql.join(tables.map((table) => sql.table(table)))} IN SHARE MODE`.execute(db);
    },
    async continueNumbers(db, table) {
      const { rows } = await sql<{ column: string }>`SELECT attname AS column FROM pg_attribute
        WHERE attrelid = ${table}::regclass AND attidentity <> ''`.execute(db);
      for (const { column } of rows)
        await sql`SELECT setval(pg_get_serial_sequence(${table}, ${column}), max(${sql.ref(column)})) FROM ${sql.table(table)}`.execute(
          db,
        );
    },
    async ready() {
      await sql`SELECT 1`.execute(reader);
    },
    check: () => databaseHealth(reader, `${shown}, schema ${schema}`, schema),
    async close() {
      await Promise.allSettled(underWay);
      await head.close();
      await Promise.all([pools.reading.end(), pools.writing.end()]);
    },
  };
}

const seqOf = (row: unknown): number =>
  typeof row === 'object' && row !== null && 'seq' in row ? Number(row.seq) : Number.NaN;

/** Runs a transaction again for as long as others come between. */
async function retried<T>(run: () => Promise<T>, log: Logger): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (thrown) {
      if (!isConflict(thrown) || tries === MAX_TRIES) throw thrown;
      log.debug('a transaction is tried again: another came between', { tries });
      // Jitter, so that two do not come between each other for ever.
      await pause(Math.random() * Math.min(200, 2 ** tries));
    }
  }
}

/** Makes the schema where it is not there, on a server that is new enough. */
async function prepare(options: PostgresOptions, address: Address): Promise<void> {
  const client = new pg.Client(clientConfig(options, address, ''));
  // What is wrong with it is told to who waits for an answer.
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query(
      `SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,
        EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) AS "isThere"`,
      [options.schema],
    );
    const { version, encoding, isThere } = rows[0] ?? {};
    if (version < OLDEST || encoding !== 'UTF8') {
      throw storeError('TOO_OLD', {
        kind: 'failed',
        message: `The database ${address.shown} is PostgreSQL ${Math.floor(version / 10_000)} with the encoding ${encoding}.`,
        hint: `PostgreSQL ${OLDEST / 10_000} or newer is needed, and a database with the encoding UTF8.`,
      });
    }
    // Two that begin at once: the second waits, and finds it there.
    if (!isThere)
      await client.query(
        `BEGIN; SELECT pg_advisory_xact_lock(hashtext('trestle'), hashtext('${options.schema}')); CREATE SCHEMA IF NOT EXISTS "${options.schema}"; COMMIT`,
      );
  } catch (thrown) {
    throw translateError(thrown, address.shown);
  } finally {
    await client.end().catch(() => {});
  }
}

function openPool(options: PostgresOptions, address: Address, settings: string): pg.Pool {
  const pool = new pg.Pool({
    ...clientConfig(options, address, settings),
    max: options.connections,
    idleTimeoutMillis: 30_000,
  });
  // A connection that is lost while nobody uses it: the next one who needs one gets another.
  pool.on('error', (cause) => options.log.debug('an idle connection was lost', { cause: String(cause) }));
  return pool;
}

function clientConfig(options: PostgresOptions, address: Address, settings: string): pg.ClientConfig {
  return {
    ...address.config,
    application_name: `trestle ${options.schema}`,
    options: `-c search_path=${options.schema} ${settings}`.trim(),
    connectionTimeoutMillis: Math.max(10_000, options.lockWaitMs),
    lock_timeout: options.lockWaitMs,
    statement_timeout: options.statementMs,
    idle_in_transaction_session_timeout: options.statementMs,
    keepAlive: true,
    types,
  };
}
