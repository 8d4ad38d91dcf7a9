import type { Kysely } from 'kysely';
import { storeError } from '../store-error.ts';
import type { SqlDatabase } from './database.ts';
import type { Row } from './row-line.ts';
import { rowSum, type SummedRows } from './row-sum.ts';

/** The rows of a table, wherever they come from. */
export interface TableRows {
  readonly table: string;
  readonly rows: () => AsyncIterable<Row>;
}

export interface FilledTable extends SummedRows {
  readonly table: string;
}

/** Tables whose rows follow from the schema, or stand there from the beginning. */
const OWN = ['schema_migrations', 'log_head'];
export const BATCH_ROWS = 200;

export type AnyTables = Record<string, Record<string, unknown>>;

/**
 * Fills the tables of a database, which must be empty, in one transaction, and proves it: what is in them is read again, counted and
 * summed up.
 *
 * @param check looks at what was sent to a table; what it throws takes everything back
 * @throws TRS_STORE_NOT_EMPTY, TRS_STORE_UNKNOWN_TABLE, TRS_STORE_COPY_REFUSED, TRS_STORE_COPY_DIFFERS
 */
export async function fillDatabase(
  target: SqlDatabase,
  tables: readonly TableRows[],
  onProgress: (fraction: number, table: string) => void,
  check: (sent: SummedRows, at: number) => void = () => {},
): Promise<readonly FilledTable[]> {
  return await target.transact('schema', async (db) => {
    const into = db as unknown as Kysely<AnyTables>;
    const there = new Set((await into.introspection.getTables()).map(({ name }) => name));
    const missing = tables.find(({ table }) => !there.has(table));
    if (missing !== undefined) throw unknownTable(missing.table);
    for (const name of there) if (!OWN.includes(name)) await checkEmpty(into, name);
    await into.deleteFrom('log_head').execute();
    const filled: FilledTable[] = [];
    for (const [at, { table, rows }] of tables.entries()) {
      onProgress(at / tables.length, table);
      const sent = await send(rows(), into, table);
      check(sent, at);
      await target.continueNumbers(db, table);
      const arrived = await sumOf(into, table);
      if (sent.rows !== arrived.rows || sent.digest !== arrived.digest)
        throw differs(table, `${sent.rows} rows, ${sent.digest}`, `${arrived.rows} rows, ${arrived.digest}`);
      filled.push({ table, ...sent });
    }
    return filled;
  });
}

/** Sends the rows of a table, some at a time. */
async function send(rows: AsyncIterable<Row>, into: Kysely<AnyTables>, table: string): Promise<SummedRows> {
  const sum = rowSum();
  let batch: Row[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length > 0)
      await into
        .insertInto(table)
        .values(batch)
        .execute()
        .catch((cause: unknown) => {
          throw refused(table, cause);
        });
    batch = [];
  };
  for await (const row of rows) {
    sum.add(row);
    if (batch.push(row) >= BATCH_ROWS) await flush();
  }
  await flush();
  return sum.result();
}

async function sumOf(db: Kysely<AnyTables>, table: string): Promise<SummedRows> {
  const sum = rowSum();
  for await (const row of db.selectFrom(table).selectAll().stream(BATCH_ROWS)) sum.add(row);
  return sum.result();
}

async function checkEmpty(db: Kysely<AnyTables>, table: string): Promise<void> {
  const row = await db.selectFrom(table).selectAll().limit(1).executeTakeFirst();
  if (row === undefined) return;
  throw storeError('NOT_EMPTY', {
    kind: 'conflict',
    message: `The database to fill holds something already: there are rows in "${table}".`,
    hint: 'Name another schema or folder, or remove what is there. Nothing was changed.',
    details: { table },
  });
}

const unknownTable = (table: string) =>
  storeError('UNKNOWN_TABLE', {
    kind: 'conflict',
    message: `There is a table "${table}" that no plugin here knows.`,
    hint: 'Name the plugin that made it in the configuration, and begin again. Nothing was copied.',
    details: { table },
  });

export const differs = (table: string, sent: string, arrived: string) =>
  storeError('COPY_DIFFERS', {
    kind: 'failed',
    message: `What arrived in "${table}" is not what was sent: ${sent}, and there ${arrived}.`,
    hint: 'Where it came from is as it was; go on with it, and report this.',
    details: { table, sent, arrived },
  });

const refused = (table: string, cause: unknown) =>
  storeError('COPY_REFUSED', {
    kind: 'failed',
    message: `The database to fill does not take a row of "${table}": ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'Where it came from is as it was, and nothing was copied.',
    details: { table },
    cause,
  });
