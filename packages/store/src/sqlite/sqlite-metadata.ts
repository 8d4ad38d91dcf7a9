import { stat } from 'node:fs/promises';
import { type Actor, newEvent } from '@trestle/kernel';
import { Kysely, sql, type Transaction } from 'kysely';
import type { Change, Metadata, Migration, NewEdge, Projection } from '../interface/metadata.ts';
import { type ChangeCount, countChanges } from './count-changes.ts';
import { appendEvent } from './events.ts';
import { checkHeld } from './fence.ts';
import { migrate } from './migrate.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { enqueueIn } from './sqlite-jobs.ts';
import type { StoreTables } from './tables.ts';
import { type TransactorOptions, transactor, type Weight } from './transactor.ts';
import { damaged, translateError } from './translate-error.ts';

export interface SqliteMetadataOptions extends TransactorOptions {
  readonly migrations: readonly Migration[];
  readonly projections: readonly Projection[];
}

export interface SqliteMetadata extends Metadata {
  readonly file: string;
  readonly reader: Kysely<StoreTables>;
  /** A write transaction on the store's own tables. */
  transact<T>(weight: Weight, work: (db: Transaction<StoreTables>) => Promise<T>): Promise<T>;
  /** Calls `listener` after each change of state that this process commits. @returns ends it */
  onCommit(listener: () => void): () => void;
  close(): Promise<void>;
}

/** Opens the metadata database and brings its schema up to date. @throws TRS_STORE_… */
export async function openSqliteMetadata(options: SqliteMetadataOptions): Promise<SqliteMetadata> {
  const { file, lockWaitMs } = options;
  const { writer, transact: write, close: closeWriters } = transactor(options);
  const listeners = new Set<() => void>();
  let changes: ChangeCount | undefined;
  const transact: SqliteMetadata['transact'] = async (weight, work) => {
    const result = await write(weight, work);
    changes?.changed();
    if (weight === 'state') for (const listener of listeners) listener();
    return result;
  };
  // A connection of its own: what is read never sees a change that is still in progress.
  const reader = new Kysely<StoreTables>({ dialect: sqliteDialect({ file, lockWaitMs, role: 'reader' }) });
  const close = async (): Promise<void> => {
    changes?.close();
    await reader.destroy();
    await closeWriters();
  };
  try {
    await checkSmall(writer, file);
    await migrate(writer, options.migrations);
  } catch (thrown) {
    await close();
    throw translateError(thrown, file);
  }
  return {
    file,
    reader,
    transact,
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close,
    // The caller names its own tables; SQL is the same connection for all.
    query: <Tables>() => reader as unknown as Kysely<Tables>,
    async change<Tables, T>(actor: Actor, work: (change: Change<Tables>) => Promise<T>) {
      return await transact('state', async (db) => {
        await checkHeld(db, actor.fence);
        const change: Change<Tables> = {
          db: db as unknown as Transaction<Tables>,
          async record(kind, subject, payload) {
            const event = await appendEvent(db, actor, newEvent(kind, subject, payload));
            for (const { events, load } of options.projections) {
              if (events.some(({ type }) => type === event.type))
                await (await load())(change as unknown as Change<never>, event);
            }
            return event;
          },
          link: async (edge) => await addEdge(db, edge),
          enqueue: async (job) => await enqueueIn(db, job),
        };
        return await work(change);
      });
    },
    changes() {
      changes ??= countChanges(file);
      return changes.now();
    },
    write: <Tables, T>(work: (db: Transaction<Tables>) => Promise<T>, actor?: Pick<Actor, 'fence'>) =>
      transact('data', async (db) => {
        await checkHeld(db, actor?.fence);
        return await work(db as unknown as Transaction<Tables>);
      }),
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

async function addEdge(db: Transaction<StoreTables>, edge: NewEdge): Promise<void> {
  await db
    .insertInto('lineage_edges')
    .values({ from_ref: edge.from, to_ref: edge.to, kind: edge.kind, time: new Date().toISOString() })
    .onConflict((conflict) => conflict.columns(['to_ref', 'from_ref', 'kind']).doNothing())
    .execute();
}
