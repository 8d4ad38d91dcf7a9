import { DatabaseSync } from 'node:sqlite';
import { PAGES_BEFORE_CHECKPOINT } from './checkpointer.ts';

/**
 * - `writer`: an acknowledged transaction survives a power cut (`synchronous = FULL`; NORMAL loses the newest ones);
 * - `relaxed`: may lose its newest transactions in a power cut, never its consistency, unless the log is synced behind them;
 * - `reader`: refuses to write;
 * - `snapshot`: refuses to write, and what it streams is of the transaction that is open.
 */
export type Role = 'writer' | 'relaxed' | 'reader' | 'snapshot';

const PRAGMAS: Readonly<Record<Role, string>> = {
  writer: 'PRAGMA synchronous = FULL',
  relaxed: `PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${PAGES_BEFORE_CHECKPOINT}`,
  reader: 'PRAGMA query_only = ON',
  snapshot: 'PRAGMA query_only = ON',
};

/** Opens one connection. Throws SQLite's own error; `withRetry` makes it readable. */
export function openDatabase(file: string, role: Role): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    // No waiting inside SQLite: that would block the process. `withRetry` waits.
    database.exec('PRAGMA busy_timeout = 0');
    // Setting the mode needs the database alone, so it is set only once in its life.
    if (database.prepare('PRAGMA journal_mode').get()?.journal_mode !== 'wal') {
      database.exec('PRAGMA journal_mode = WAL');
    }
    database.exec('PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
    // What is deleted is overwritten: of rows that were erased, no page keeps a copy.
    database.exec('PRAGMA secure_delete = ON');
    database.exec(PRAGMAS[role]);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}
