import type { DatabaseSync } from 'node:sqlite';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Mutex } from './mutex.ts';
import { openDatabase, type Role } from './open-database.ts';
import { withRetry } from './retry.ts';
import { queryRunner, toSqlite } from './run-query.ts';
import { translateError } from './translate-error.ts';

export interface SqliteOptions {
  readonly file: string;
  readonly role: Role;
  /** How long to wait for another process, in milliseconds. */
  readonly lockWaitMs: number;
  /** Connections of one process that write share it, so that their transactions wait in line, not for the lock. */
  readonly turns?: Mutex;
}

/** Kysely on Node's own SQLite: one connection, its transactions one after the other. */
export function sqliteDialect(options: SqliteOptions): Dialect {
  const adapter = new SqliteAdapter();
  return {
    createDriver: () => sqliteDriver(options),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => ({
      supportsReturning: true,
      supportsTransactionalDdl: true,
      supportsCreateIfNotExists: true,
      // A reader's streams have a connection of their own, so other queries need not wait for their end.
      supportsMultipleConnections: options.role === 'reader',
      acquireMigrationLock: (db, lock) => adapter.acquireMigrationLock(db, lock),
      releaseMigrationLock: (db, lock) => adapter.releaseMigrationLock(db, lock),
    }),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

function sqliteDriver({ file, role, lockWaitMs, turns }: SqliteOptions): Driver {
  let database: DatabaseSync | undefined;
  let run: ReturnType<typeof queryRunner> = noQuery;
  const releases = new Map<DatabaseConnection, () => void>();
  const retrying = <T>(action: () => T): Promise<T> => withRetry(lockWaitMs, file, action);
  const exec = (sql: string): void => {
    try {
      database?.exec(sql);
    } catch (thrown) {
      throw translateError(thrown, file);
    }
  };
  return {
    async init() {
      const opened = await retrying(() => openDatabase(file, role));
      database = opened;
      run = queryRunner(opened);
    },
    async acquireConnection() {
      const release = await turns?.acquire();
      const connection: DatabaseConnection = {
        executeQuery: async (query) => await retrying(() => run(query)),
        streamQuery: (query, chunkSize) =>
          role === 'reader' || database === undefined
            ? streamRows(file, lockWaitMs, query, chunkSize)
            : // A transaction sees what it has changed itself.
              rowsOf(database, file, query, chunkSize),
      };
      if (release) releases.set(connection, release);
      return connection;
    },
    async beginTransaction() {
      // IMMEDIATE: the lock is taken before anything is read, so a transaction never fails half-way for it.
      await retrying(() => exec(role === 'reader' || role === 'snapshot' ? 'BEGIN' : 'BEGIN IMMEDIATE'));
    },
    async commitTransaction() {
      exec('COMMIT');
    },
    async rollbackTransaction() {
      try {
        database?.exec('ROLLBACK');
      } catch (thrown) {
        // A full disk may have rolled the transaction back already.
        if (!String(thrown).includes('no transaction is active')) throw translateError(thrown, file);
      }
    },
    async releaseConnection(connection) {
      releases.get(connection)?.();
      releases.delete(connection);
    },
    async destroy() {
      database?.close();
      database = undefined;
    },
  };
}

function noQuery(): never {
  throw new TypeError('Kysely calls init first.');
}

/** Rows as they come, from a connection of their own: an open statement would keep others from seeing what is new. */
async function* streamRows<R>(
  file: string,
  lockWaitMs: number,
  query: CompiledQuery,
  chunkSize: number,
): AsyncIterableIterator<QueryResult<R>> {
  const database = await withRetry(lockWaitMs, file, () => openDatabase(file, 'reader'));
  try {
    yield* rowsOf<R>(database, file, query, chunkSize);
  } finally {
    database.close();
  }
}

async function* rowsOf<R>(
  database: DatabaseSync,
  file: string,
  query: CompiledQuery,
  chunkSize: number,
): AsyncIterableIterator<QueryResult<R>> {
  try {
    let rows: R[] = [];
    for (const row of database.prepare(query.sql).iterate(...query.parameters.map(toSqlite))) {
      // Kysely knows the row type from the query; the driver cannot.
      rows.push({ ...row } as R);
      if (rows.length < Math.max(1, chunkSize)) continue;
      yield { rows };
      rows = [];
    }
    if (rows.length > 0) yield { rows };
  } catch (thrown) {
    throw translateError(thrown, file);
  }
}
