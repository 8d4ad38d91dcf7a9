import { type Actor, newEvent } from '@trestle/kernel';
import type { Kysely, Transaction } from 'kysely';
import type { Change, Metadata, Projection } from '../interface/metadata.ts';
import type { SqlDatabase } from './database.ts';
import { appendEvent } from './events.ts';
import { checkHeld } from './fence.ts';
import { enqueueIn } from './jobs.ts';
import type { StoreTables } from './tables.ts';

/** Metadata in a database whose schema is up to date. */
export function sqlMetadata(database: SqlDatabase, projections: readonly Projection[]): Metadata {
  const { clock, head, reader, transact } = database;
  const changeIn = <Tables>(db: Transaction<StoreTables>, actor: Actor): Change<Tables> => {
    const change: Change<Tables> = {
      // The caller names its own tables; SQL is the same connection for all.
      db: db as unknown as Transaction<Tables>,
      async record(kind, subject, payload) {
        const event = await appendEvent(db, clock, actor, newEvent(kind, subject, payload));
        for (const { events, load } of projections) {
          if (events.some(({ type }) => type === event.type))
            await (await load())(change as unknown as Change<never>, event);
        }
        return event;
      },
      async link({ from, to, kind }) {
        await db
          .insertInto('lineage_edges')
          .values({ from_ref: from, to_ref: to, kind, time: clock.iso })
          .onConflict((conflict) => conflict.columns(['to_ref', 'from_ref', 'kind']).doNothing())
          .execute();
      },
      enqueue: (job) => enqueueIn(db, clock, job),
    };
    return change;
  };
  return {
    clock,
    query: <Tables>() => reader as unknown as Kysely<Tables>,
    change: <Tables, T>(actor: Actor, work: (change: Change<Tables>) => Promise<T>) =>
      transact('state', async (db) => {
        await checkHeld(db, actor.fence);
        return await work(changeIn<Tables>(db, actor));
      }),
    changes: () => head.place(),
    write: <Tables, T>(work: (db: Transaction<Tables>) => Promise<T>, actor?: Pick<Actor, 'fence'>) =>
      transact('data', async (db) => {
        await checkHeld(db, actor?.fence);
        return await work(db as unknown as Transaction<Tables>);
      }),
  };
}
