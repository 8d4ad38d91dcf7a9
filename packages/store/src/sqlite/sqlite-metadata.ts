import { randomUUID } from 'node:crypto';
import type { Actor, LogEvent, Logger, NewEvent } from '@trestle/kernel';
import { Kysely, type Transaction } from 'kysely';
import { canonicalJson } from '../canonical-json.ts';
import type { Change, Metadata, Migration, NewEdge } from '../interface/metadata.ts';
import { chainHash, GENESIS } from './event-chain.ts';
import { migrate } from './migrate.ts';
import { type SqliteOptions, sqliteDialect } from './sqlite-dialect.ts';
import type { StoreTables } from './tables.ts';
import { isFull, translateError } from './translate-error.ts';

export interface SqliteMetadataOptions extends SqliteOptions {
  readonly migrations: readonly Migration[];
  readonly log: Logger;
  /** Gives back space that was kept in reserve; false when there is none left. */
  readonly releaseReserve: () => Promise<boolean>;
}

export interface SqliteMetadata extends Metadata {
  readonly reader: Kysely<StoreTables>;
  close(): Promise<void>;
}

/** Opens the metadata database and brings its schema up to date. @throws TRS_STORE_… */
export async function openSqliteMetadata(options: SqliteMetadataOptions): Promise<SqliteMetadata> {
  // Two connections: what is read never sees a change that is still in progress.
  const writer = new Kysely<StoreTables>({ dialect: sqliteDialect(options) });
  const reader = new Kysely<StoreTables>({ dialect: sqliteDialect(options) });
  const close = async (): Promise<void> => {
    await reader.destroy();
    await writer.destroy();
  };
  try {
    await migrate(writer, options.migrations);
  } catch (thrown) {
    await close();
    throw translateError(thrown, options.file);
  }

  const transact = async <T>(work: (db: Transaction<StoreTables>) => Promise<T>): Promise<T> => {
    const attempt = () => writer.transaction().execute(work);
    try {
      return await attempt();
    } catch (thrown) {
      const error = translateError(thrown, options.file);
      if (!isFull(error) || !(await options.releaseReserve())) throw error;
      options.log.warn('the disk is full; the space kept in reserve was released for this change');
      return await attempt();
    }
  };

  return {
    reader,
    close,
    // The caller names its own tables; SQL is the same connection for all.
    query: <Tables>() => reader as unknown as Kysely<Tables>,
    change: <Tables, T>(actor: Actor, work: (change: Change<Tables>) => Promise<T>) =>
      transact(
        async (db) =>
          await work({
            db: db as unknown as Transaction<Tables>,
            record: async (event) => await appendEvent(db, actor, event),
            link: async (edge) => await addEdge(db, edge),
          }),
      ),
    write: <Tables, T>(work: (db: Transaction<Tables>) => Promise<T>) =>
      transact(async (db) => await work(db as unknown as Transaction<Tables>)),
  };
}

/** Appends to the log inside a transaction, behind whatever is its head now. */
export async function appendEvent(
  db: Transaction<StoreTables>,
  actor: {
    readonly principal: { readonly id: string };
    readonly operation: string;
    readonly requestId: string;
  },
  event: NewEvent,
): Promise<LogEvent> {
  const head = await db
    .selectFrom('events')
    .select(['seq', 'hash'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  const entry = {
    seq: (head?.seq ?? 0) + 1,
    id: randomUUID(),
    type: event.type,
    subject: event.subject,
    // As it will be read back: what JSON cannot hold is gone before it is hashed.
    payload: JSON.parse(canonicalJson(event.payload)),
    actor: actor.principal.id,
    operation: actor.operation,
    requestId: actor.requestId,
    time: new Date().toISOString(),
  };
  const hash = chainHash(head?.hash ?? GENESIS, entry);
  const { requestId, payload, ...columns } = entry;
  await db
    .insertInto('events')
    .values({ ...columns, payload: canonicalJson(payload), request_id: requestId, hash })
    .execute();
  return { ...entry, hash };
}

async function addEdge(db: Transaction<StoreTables>, edge: NewEdge): Promise<void> {
  await db
    .insertInto('lineage_edges')
    .values({ from_ref: edge.from, to_ref: edge.to, kind: edge.kind, time: new Date().toISOString() })
    .onConflict((conflict) => conflict.columns(['to_ref', 'from_ref', 'kind']).doNothing())
    .execute();
}
