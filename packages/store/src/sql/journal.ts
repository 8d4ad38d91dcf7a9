import type { Journal, LogEvent } from '@trestle/kernel';
import type { Selectable } from 'kysely';
import { canonicalJson } from '../canonical-json.ts';
import type { SqlDatabase } from './database.ts';
import { appendEvent, chainHash, GENESIS, toEvent } from './events.ts';
import { checkHeld, isHeld } from './fence.ts';
import type { StoreTables } from './tables.ts';

const VERIFY_BATCH = 1_000;
const MAX_READ = 10_000;

/** The log in a database. */
export function sqlJournal(database: SqlDatabase): Journal {
  return {
    append: (actor, event) =>
      database.transact<LogEvent>('state', async (db) => {
        await checkHeld(db, actor.fence);
        return await appendEvent(db, database.clock, actor, event);
      }),

    async read({ after = 0, limit = 100, types, subject, newest = false }) {
      if (types?.length === 0) return [];
      let query = database.reader.selectFrom('events').selectAll().where('seq', '>', after);
      if (types) query = query.where('type', 'in', [...types]);
      if (subject !== undefined) query = query.where('subject', '=', subject);
      const rows = await query
        .orderBy('seq', newest ? 'desc' : 'asc')
        .limit(Math.min(limit, MAX_READ))
        .execute();
      return rows.map(toEvent);
    },

    watch: (listener) => database.head.watch(listener),

    verify: (each) => verifyChain(database, each),

    async cursor(subscriber) {
      const row = await database.reader
        .selectFrom('cursors')
        .select('seq')
        .where('subscriber', '=', subscriber)
        .executeTakeFirst();
      return row?.seq ?? 0;
    },

    // Relaxed: a cursor that is lost hands its events out again, and subscribers are told at least once anyway.
    setCursor: (subscriber, seq, hold) =>
      database.transact('relaxed', async (db) => {
        if (hold && !(await isHeld(db, hold))) return false;
        await db
          .insertInto('cursors')
          .values({ subscriber, seq })
          .onConflict((conflict) => conflict.column('subscriber').doUpdateSet({ seq }))
          .execute();
        return true;
      }),
  };
}

/** Recomputes the chain, some entries at a time. The head kept beside the log shows when its end was cut off. */
async function verifyChain(
  database: SqlDatabase,
  each?: (hash: string) => void,
): ReturnType<Journal['verify']> {
  const kept = await database.reader.selectFrom('log_head').select(['seq', 'hash']).executeTakeFirst();
  let head = GENESIS;
  let events = 0;
  for (;;) {
    const rows = await database.reader
      .selectFrom('events')
      .selectAll()
      .where('seq', '>', events)
      .orderBy('seq')
      .limit(VERIFY_BATCH)
      .execute();
    for (const row of rows) {
      const isNext = row.seq === events + 1 && row.hash === expectedHash(row, head);
      const isKept = row.seq !== kept?.seq || row.hash === kept.hash;
      if (!isNext || !isKept) return { ok: false, events, head, firstBad: events + 1 };
      head = row.hash;
      events++;
      each?.(head);
    }
    if (rows.length < VERIFY_BATCH) break;
  }
  return events >= (kept?.seq ?? 0)
    ? { ok: true, events, head }
    : { ok: false, events, head, firstBad: events + 1 };
}

/** The hash that a row ought to have; undefined when its payload is not the JSON that we write any more. */
function expectedHash(row: Selectable<StoreTables['events']>, previous: string): string | undefined {
  const { hash: _stored, unreadable, ...content } = toEvent(row);
  if (unreadable !== undefined || canonicalJson(content.payload) !== row.payload) return undefined;
  return chainHash(previous, content);
}
