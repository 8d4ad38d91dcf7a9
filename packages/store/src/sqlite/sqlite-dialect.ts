import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
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
import { mutex } from './mutex.ts';
import { isBusy, translateError } from './translate-error.ts';

export interface SqliteOptions {
  readonly file: string;
  /** How long BEGIN waits for another process, in milliseconds. */
  readonly lockWaitMs: number;
}

/** Kysely on Node's own SQLite: one connection, its transactions one after the other. */
export function sqliteDialect(options: SqliteOptions): Dialect {
  return {
    createDriver: () => sqliteDriver(options),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

function sqliteDriver({ file, lockWaitMs }: SqliteOptions): Driver {
  const turns = mutex();
  let database: DatabaseSync | undefined;
  const releases = new Map<DatabaseConnection, () => void>();

  const opened = (): DatabaseSync => {
    database ??= openDatabase(file);
    return database;
  };
  const exec = (sql: string): void => {
    try {
      opened().exec(sql);
    } catch (thrown) {
      throw translateError(thrown, file);
    }
  };
  return {
    async init() {
      opened();
    },
    async acquireConnection() {
      const release = await turns.acquire();
      const connection: DatabaseConnection = {
        executeQuery: async (query) => await withRetry(lockWaitMs, file, () => runQuery(opened(), query)),
        async *streamQuery() {
          yield await Promise.reject(new Error('Streaming is not used with SQLite.'));
        },
      };
      releases.set(connection, release);
      return connection;
    },
    async beginTransaction() {
      // IMMEDIATE: the lock is taken before anything is read, so a transaction never fails half-way for it.
      await withRetry(lockWaitMs, file, () => opened().exec('BEGIN IMMEDIATE'));
    },
    async commitTransaction() {
      exec('COMMIT');
    },
    async rollbackTransaction() {
      // A full disk may have rolled the transaction back already.
      if (opened().isTransaction) exec('ROLLBACK');
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

function openDatabase(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 50 });
    // FULL: an acknowledged change survives a power cut; NORMAL loses the newest ones.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    return database;
  } catch (thrown) {
    database?.close();
    throw translateError(thrown, file);
  }
}

function runQuery<R>(database: DatabaseSync, query: CompiledQuery): QueryResult<R> {
  const statement = database.prepare(query.sql);
  const parameters = query.parameters.map(toSqlite);
  if (statement.columns().length > 0) {
    // Kysely knows the row type from the query; the driver cannot.
    return { rows: statement.all(...parameters) as R[] };
  }
  const { changes, lastInsertRowid } = statement.run(...parameters);
  return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
}

function toSqlite(value: unknown): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string') return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`A ${typeof value} cannot be a SQL parameter.`);
}

/** Tries again while another process holds the lock, without blocking this one. */
async function withRetry<T>(waitMs: number, file: string, action: () => T): Promise<T> {
  const deadline = performance.now() + waitMs;
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 100)) {
    try {
      return action();
    } catch (thrown) {
      if (!isBusy(thrown) || performance.now() > deadline) throw translateError(thrown, file);
      // Jitter, so that two waiting processes do not collide for ever.
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())));
    }
  }
}
