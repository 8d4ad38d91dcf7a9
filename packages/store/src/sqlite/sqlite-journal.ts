import type { Journal, LogEvent } from '@trestle/kernel';
import type { Selectable } from 'kysely';
import { chainHash, GENESIS } from './event-chain.ts';
import { appendEvent, type SqliteMetadata } from './sqlite-metadata.ts';
import type { StoreTables } from './tables.ts';

const VERIFY_BATCH = 1_000;
const MAX_READ = 10_000;

const toEvent = ({ request_id, payload, ...row }: Selectable<StoreTables['events']>): LogEvent => ({
  ...row,
  payload: JSON.parse(payload),
  requestId: request_id,
});

/** The log in the metadata database. */
export function sqliteJournal(metadata: SqliteMetadata): Journal {
  return {
    append: (actor, event) => metadata.write<StoreTables, LogEvent>((db) => appendEvent(db, actor, event)),

    async read({ after = 0, limit = 100, types, subject, newest = false }) {
      let query = metadata.reader.selectFrom('events').selectAll().where('seq', '>', after);
      if (types) query = query.where('type', 'in', [...types]);
      if (subject !== undefined) query = query.where('subject', '=', subject);
      const rows = await query
        .orderBy('seq', newest ? 'desc' : 'asc')
        .limit(Math.min(limit, MAX_READ))
        .execute();
      return rows.map(toEvent);
    },

    async verify() {
      let head = GENESIS;
      let events = 0;
      for (;;) {
        const rows = await metadata.reader
          .selectFrom('events')
          .selectAll()
          .where('seq', '>', events)
          .orderBy('seq')
          .limit(VERIFY_BATCH)
          .execute();
        for (const row of rows) {
          const expected = expectedHash(row, head);
          if (row.seq !== events + 1 || row.hash !== expected) {
            return { ok: false, events, head, firstBad: row.seq };
          }
          head = row.hash;
          events++;
        }
        if (rows.length < VERIFY_BATCH) return { ok: true, events, head };
      }
    },

    async cursor(subscriber) {
      const row = await metadata.reader
        .selectFrom('cursors')
        .select('seq')
        .where('subscriber', '=', subscriber)
        .executeTakeFirst();
      return row?.seq ?? 0;
    },

    setCursor: (subscriber, seq) =>
      metadata.write<StoreTables, void>(async (db) => {
        await db
          .insertInto('cursors')
          .values({ subscriber, seq })
          .onConflict((conflict) => conflict.column('subscriber').doUpdateSet({ seq }))
          .execute();
      }),
  };
}

/** The hash that a row ought to have; undefined when its payload is not even JSON any more. */
function expectedHash(row: Selectable<StoreTables['events']>, previous: string): string | undefined {
  try {
    const { hash: _stored, ...content } = toEvent(row);
    return chainHash(previous, content);
  } catch {
    return undefined;
  }
}
