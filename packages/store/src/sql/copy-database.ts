import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { canonicalJson } from '../canonical-json.ts';
import type { Migration } from '../interface/metadata.ts';
import { storeError } from '../store-error.ts';
import type { SqlDatabase } from './database.ts';
import { sqlJournal } from './journal.ts';
import { readyDatabase } from './ready-database.ts';

export interface CopiedTable {
  readonly table: string;
  readonly rows: number;
  /** A sum of its rows' SHA-256, in whatever order they come; equal where both hold the same. */
  readonly digest: string;
}

export interface Copied {
  readonly tables: readonly CopiedTable[];
  readonly rows: number;
  /** The head of the log, which is the same there. */
  readonly head: string;
}

/** Tables whose rows follow from the schema, or stand there from the beginning. */
const OWN = ['schema_migrations', 'log_head'];
const BATCH_ROWS = 200;

type Rows = Record<string, Record<string, unknown>>;

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
): Promise<readonly CopiedTable[]> {
  return await source.transact('schema', async (held) => {
    const all = (await held.introspection.getTables()).map(({ name }) => name).toSorted();
    const names = all.filter((name) => name !== 'schema_migrations');
    await source.freeze(held, all);
    return await target.transact('schema', async (db) => {
      const into = db as unknown as Kysely<Rows>;
      const there = new Set((await into.introspection.getTables()).map(({ name }) => name));
      const missing = names.find((name) => !there.has(name));
      if (missing !== undefined) throw unknownTable(missing);
      for (const name of there) if (!OWN.includes(name)) await checkEmpty(into, name);
      await into.deleteFrom('log_head').execute();
      const copied: CopiedTable[] = [];
      for (const [at, table] of names.entries()) {
        onProgress(at / names.length, table);
        const sent = await send(source, into, table);
        await target.continueNumbers(db, table);
        const arrived = await sumOf(into, table);
        if (sent.rows !== arrived.rows || sent.digest !== arrived.digest)
          throw differs(
            table,
            `${sent.rows} rows, ${sent.digest}`,
            `${arrived.rows} rows, ${arrived.digest}`,
          );
        copied.push(sent);
      }
      return copied;
    });
  });
}

/** Sends the rows of a table, some at a time. */
async function send(source: SqlDatabase, into: Kysely<Rows>, table: string): Promise<CopiedTable> {
  const sum = rowSum();
  let batch: Record<string, unknown>[] = [];
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
  const reader = source.reader as unknown as Kysely<Rows>;
  for await (const row of reader.selectFrom(table).selectAll().stream(BATCH_ROWS)) {
    sum.add(row);
    if (batch.push(row) >= BATCH_ROWS) await flush();
  }
  await flush();
  return { table, ...sum.result() };
}

async function sumOf(db: Kysely<Rows>, table: string): Promise<Omit<CopiedTable, 'table'>> {
  const sum = rowSum();
  for await (const row of db.selectFrom(table).selectAll().stream(BATCH_ROWS)) sum.add(row);
  return sum.result();
}

/** Adds up the digests of rows, so that their order makes no difference, and a row that is there twice does. */
function rowSum(): { add(row: unknown): void; result(): Omit<CopiedTable, 'table'> } {
  let rows = 0;
  let sum = 0n;
  return {
    add(row) {
      rows++;
      const digest = createHash('sha256').update(canonicalJson(row)).digest('hex');
      sum = (sum + BigInt(`0x${digest}`)) % (1n << 256n);
    },
    result: () => ({ rows, digest: sum.toString(16).padStart(64, '0') }),
  };
}

async function checkEmpty(db: Kysely<Rows>, table: string): Promise<void> {
  const row = await db.selectFrom(table).selectAll().limit(1).executeTakeFirst();
  if (row === undefined) return;
  throw storeError('NOT_EMPTY', {
    kind: 'conflict',
    message: `The database to copy to holds something already: there are rows in "${table}".`,
    hint: 'Name another schema or folder, or remove what is there. Nothing was changed.',
    details: { table },
  });
}

const unknownTable = (table: string) =>
  storeError('UNKNOWN_TABLE', {
    kind: 'conflict',
    message: `The database holds a table "${table}" that no plugin here knows.`,
    hint: 'Name the plugin that made it in the configuration, and begin again. Nothing was copied.',
    details: { table },
  });

const differs = (table: string, sent: string, arrived: string) =>
  storeError('COPY_DIFFERS', {
    kind: 'failed',
    message: `What arrived in "${table}" is not what was sent: ${sent}, and there ${arrived}.`,
    hint: 'The project is as it was; go on with it, and report this.',
    details: { table, sent, arrived },
  });

const refused = (table: string, cause: unknown) =>
  storeError('COPY_REFUSED', {
    kind: 'failed',
    message: `The database to copy to does not take a row of "${table}": ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'The project is as it was, and nothing was copied.',
    details: { table },
    cause,
  });
