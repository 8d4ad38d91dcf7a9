import { stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Kysely, sql } from 'kysely';
import type { DatabaseHealth } from '../interface/health.ts';
import type { SqlDatabase } from '../sql/database.ts';
import type { StoreTables } from '../sql/tables.ts';
import { sqliteLogHead } from './log-head.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { type TransactorOptions, transactor } from './transactor.ts';
import { damaged, translateError } from './translate-error.ts';

const MAX_PROBLEMS = 20;

/** Opens the database of one machine, in a file. @throws TRS_STORE_… when it is damaged, or cannot be opened */
export async function openSqlite(options: TransactorOptions): Promise<SqlDatabase> {
  const { file, lockWaitMs } = options;
  const { writer, transact, close: closeWriters } = transactor(options);
  const head = sqliteLogHead(file);
  // A connection of its own: what is read never sees a change that is still in progress.
  const reader = new Kysely<StoreTables>({ dialect: sqliteDialect({ file, lockWaitMs, role: 'reader' }) });
  const close = async (): Promise<void> => {
    head.close();
    await reader.destroy();
    await closeWriters();
  };
  try {
    await checkSmall(writer, file);
  } catch (thrown) {
    await close();
    throw translateError(thrown, file);
  }
  return {
    reader,
    // The machine's clock, as SQLite reads it: one for all processes that can share the file.
    clock: {
      ms: sql<number>`CAST(round(unixepoch('now', 'subsec') * 1000) AS INTEGER)`,
      iso: sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`,
    },
    head,
    async transact(weight, work) {
      const result = await transact(weight, work);
      if (weight === 'state') head.changed();
      return result;
    },
    async snapshot(work) {
      const db = new Kysely<StoreTables>({ dialect: sqliteDialect({ file, lockWaitMs, role: 'snapshot' }) });
      try {
        // What is read first decides which moment it is.
        return await db.transaction().execute(work);
      } finally {
        await db.destroy();
      }
    },
    async forbidChanges(db, table) {
      for (const action of ['UPDATE', 'DELETE']) {
        await sql`CREATE TRIGGER ${sql.id(`${table}_no_${action.toLowerCase()}`)} BEFORE ${sql.raw(action)} ON ${sql.table(table)}
          BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END`.execute(db);
      }
    },
    // Who writes has the whole file for themselves, and AUTOINCREMENT counts on behind what it sees.
    freeze: async () => {},
    continueNumbers: async () => {},
    async ready() {
      await sql`SELECT 1`.execute(reader);
    },
    check: () => health(reader, file),
    close,
  };
}

/** Checking costs about 1 ms per MiB: a larger database is checked by `trestle doctor`, and wherever it is read. */
const CHECKED_ON_OPEN_BYTES = 8 * 2 ** 20;

/** Refuses a damaged database before anything is written to it. */
async function checkSmall(db: Kysely<StoreTables>, file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (!found || found.size > CHECKED_ON_OPEN_BYTES) return;
  const { rows } = await sql<{ quick_check: string }>`PRAGMA quick_check(1)`.execute(db);
  const finding = rows[0]?.quick_check;
  if (finding !== undefined && finding !== 'ok') throw damaged(file, finding);
}

async function health(reader: Kysely<StoreTables>, file: string): Promise<DatabaseHealth> {
  const dir = dirname(file);
  const { bavail, bsize } = await statfs(dir);
  const { rows } = await sql<{ version: string }>`SELECT sqlite_version() AS version`.execute(reader);
  const checked = await sql<{ quick_check: string }>`PRAGMA quick_check(${sql.lit(MAX_PROBLEMS)})`
    .execute(reader)
    .catch((thrown: unknown) => ({ rows: [{ quick_check: String(thrown) }] }));
  return {
    engine: `SQLite ${rows[0]?.version}, WAL, synchronous=FULL`,
    location: dir,
    bytes: (await bytesOf(file)) + (await bytesOf(`${file}-wal`)),
    freeBytes: bavail * bsize,
    reserveBytes: await bytesOf(join(dir, 'reserve')),
    problems: checked.rows.map((row) => row.quick_check).filter((text) => text !== 'ok'),
  };
}

const bytesOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;
