import type { Kysely } from 'kysely';
import type { Migration } from '../interface/metadata.ts';
import type { SqlDatabase } from './database.ts';
import { type AnyTables, BATCH_ROWS, differs, type FilledTable, fillDatabase } from './fill-database.ts';
import { sqlJournal } from './journal.ts';
import { readyDatabase } from './ready-database.ts';

export interface Copied {
  readonly tables: readonly FilledTable[];
  readonly rows: number;
  /** The head of the log, which is the same there. */
  readonly head: string;
}

/**
 * Copies all that one database holds into another, which must be empty, and proves it: counts and digests of all tables, and the chain.
 * Nobody writes to either meanwhile. The copy is there as a whole, or not at all.
 *
 * @throws TRS_STORE_NOT_EMPTY, TRS_STORE_COPY_DIFFERS
 */
export async function copyDatabase(
  from: SqlDatabase,
  to: SqlDatabase,
  migrations: readonly Migration[],
  onProgress: (fraction: number, table: string) => void = () => {},
): Promise<Copied> {
  const [source, target] = [await readyDatabase(from, migrations), await readyDatabase(to, migrations)];
  const tables = await copyRows(source, target, onProgress);
  const [before, after] = await Promise.all([sqlJournal(source).verify(), sqlJournal(target).verify()]);
  if (!after.ok || after.head !== before.head)
    throw differs('events', 'its chain is not whole', 'is not whole, or ends elsewhere');
  return { tables, rows: tables.reduce((sum, { rows }) => sum + rows, 0), head: after.head };
}

async function copyRows(
  source: SqlDatabase,
  target: SqlDatabase,
  onProgress: (fraction: number, table: string) => void,
): Promise<readonly FilledTable[]> {
  return await source.transact('schema', async (held) => {
    const all = (await held.introspection.getTables()).map(({ name }) => name).toSorted();
    await source.freeze(held, all);
    const reader = source.reader as unknown as Kysely<AnyTables>;
    const tables = all
      .filter((name) => name !== 'schema_migrations')
      .map((table) => ({ table, rows: () => reader.selectFrom(table).selectAll().stream(BATCH_ROWS) }));
    return await fillDatabase(target, tables, onProgress);
  });
}
