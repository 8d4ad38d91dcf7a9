import type { LeaseHold, Leases } from '@trestle/kernel';
import type { Kysely } from 'kysely';
import type { SqliteMetadata } from './sqlite-metadata.ts';
import type { StoreTables } from './tables.ts';

/** The holder of a lease that was given back. */
const NOBODY = '';

const holdOf = ({ name, generation }: Pick<StoreTables['leases'], 'name' | 'generation'>): LeaseHold => ({
  lease: name,
  generation,
});

/** Mutual exclusion between processes through the metadata database. */
export function sqliteLeases(metadata: SqliteMetadata): Leases {
  return {
    async acquire(name, holder, ttlMs) {
      const find = (db: Kysely<StoreTables>) =>
        db.selectFrom('leases').selectAll().where('name', '=', name).executeTakeFirst();
      const current = await find(metadata.reader);
      const isMine = current?.holder === holder;
      // A lease of ours that has most of its time left is not written again: holders ask often.
      if (isMine && current.until_ms - Date.now() > ttlMs / 2) return holdOf(current);
      if (current && !isMine && current.until_ms > Date.now()) return undefined;
      return await metadata.transact('relaxed', async (db) => {
        const row = await find(db);
        if (row && row.holder !== holder && row.until_ms > Date.now()) return undefined;
        const lease = {
          holder,
          until_ms: Date.now() + ttlMs,
          generation: (row?.generation ?? 0) + (row?.holder === holder ? 0 : 1),
        };
        await db
          .insertInto('leases')
          .values({ name, ...lease })
          .onConflict((conflict) => conflict.column('name').doUpdateSet(lease))
          .execute();
        return holdOf({ name, ...lease });
      });
    },
    async release({ lease, generation }) {
      await metadata.transact('relaxed', async (db) => {
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
