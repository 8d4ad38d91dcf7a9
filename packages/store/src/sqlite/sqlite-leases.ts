import type { Leases } from '@trestle/kernel';
import type { SqliteMetadata } from './sqlite-metadata.ts';

/** Mutual exclusion between processes through the metadata database. */
export function sqliteLeases(metadata: SqliteMetadata): Leases {
  return {
    async acquire(name, holder, ttlMs) {
      const current = await metadata.reader
        .selectFrom('leases')
        .selectAll()
        .where('name', '=', name)
        .executeTakeFirst();
      const isMine = current?.holder === holder;
      // A lease of ours that has most of its time left is not written again: holders ask often.
      if (isMine && current.until_ms - Date.now() > ttlMs / 2) return true;
      if (current && !isMine && current.until_ms > Date.now()) return false;
      return await metadata.transact('relaxed', async (db) => {
        const row = await db.selectFrom('leases').selectAll().where('name', '=', name).executeTakeFirst();
        if (row && row.holder !== holder && row.until_ms > Date.now()) return false;
        const lease = { holder, until_ms: Date.now() + ttlMs };
        await db
          .insertInto('leases')
          .values({ name, ...lease })
          .onConflict((conflict) => conflict.column('name').doUpdateSet(lease))
          .execute();
        return true;
      });
    },
    async release(name, holder) {
      await metadata.transact('relaxed', async (db) => {
        await db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute();
      });
    },
  };
}
