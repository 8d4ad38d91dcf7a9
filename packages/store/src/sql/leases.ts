import type { LeaseHold, Leases } from '@trestle/kernel';
import { type Kysely, sql } from 'kysely';
import { msFromNow, type SqlDatabase } from './database.ts';
import type { StoreTables } from './tables.ts';

/** The holder of a lease that was given back. */
const NOBODY = '';

const holdOf = ({ name, generation }: Pick<StoreTables['leases'], 'name' | 'generation'>): LeaseHold => ({
  lease: name,
  generation,
});

/** Mutual exclusion between processes through a database, in its time. */
export function sqlLeases(database: SqlDatabase): Leases {
  const { clock } = database;
  return {
    async acquire(name, holder, ttlMs) {
      const find = (db: Kysely<StoreTables>) =>
        db
          .selectFrom('leases')
          .select(['name', 'holder', 'generation', sql<number>`until_ms - ${clock.ms}`.as('left_ms')])
          .where('name', '=', name)
          .executeTakeFirst();
      const current = await find(database.reader);
      const isMine = current?.holder === holder;
      // A lease of ours that has most of its time left is not written again: holders ask often.
      if (isMine && current.left_ms > ttlMs / 2) return holdOf(current);
      if (current && !isMine && current.left_ms > 0) return undefined;
      return await database.transact('relaxed', async (db) => {
        const row = await find(db);
        if (row && row.holder !== holder && row.left_ms > 0) return undefined;
        const lease = {
          holder,
          until_ms: msFromNow(clock, ttlMs),
          generation: (row?.generation ?? 0) + (row?.holder === holder ? 0 : 1),
        };
        await db
          .insertInto('leases')
          .values({ name, ...lease })
          .onConflict((conflict) => conflict.column('name').doUpdateSet(lease))
          .execute();
        return holdOf({ name, generation: lease.generation });
      });
    },
    async release({ lease, generation }) {
      await database.transact('relaxed', async (db) => {
        await db
          .updateTable('leases')
          .set({ holder: NOBODY, until_ms: 0 })
          .where('name', '=', lease)
          .where('generation', '=', generation)
          .execute();
      });
    },
  };
}
