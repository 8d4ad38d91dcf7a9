import { AsyncLocalStorage } from 'node:async_hooks';
import type { Migration } from '../interface/metadata.ts';
import { storeError } from '../store-error.ts';
import type { SqlDatabase } from './database.ts';
import { migrate } from './migrate.ts';

/** Brings the schema of a database up to date. @throws TRS_STORE_NEWER, TRS_STORE_MIGRATION */
export async function readyDatabase(
  database: SqlDatabase,
  migrations: readonly Migration[],
): Promise<SqlDatabase> {
  await migrate(database, migrations);
  return withoutNesting(database);
}

/** Refuses a change inside a change, which would wait for its own end. What was begun in one, and runs on behind it, may change something. */
function withoutNesting(database: SqlDatabase): SqlDatabase {
  const current = new AsyncLocalStorage<{ isOpen: boolean }>();
  return {
    ...database,
    async transact(weight, work) {
      if (current.getStore()?.isOpen) throw nested();
      return await database.transact(weight, async (db) => {
        const transaction = { isOpen: true };
        try {
          return await current.run(transaction, () => work(db));
        } finally {
          transaction.isOpen = false;
        }
      });
    },
  };
}

const nested = () =>
  storeError('NESTED_CHANGE', {
    kind: 'failed',
    message: 'A change was begun inside another change.',
    hint: 'Use the db, record and link of the change that is open; begin the second one after it.',
  });
