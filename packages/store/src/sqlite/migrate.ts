import type { Kysely } from 'kysely';
import type { Migration } from '../interface/metadata.ts';
import { storeError } from '../store-error.ts';
import { storeMigrations } from './store-migrations.ts';
import type { StoreTables } from './tables.ts';

/**
 * Applies what is not applied yet, each step in a transaction of its own: killed in the middle, the next start goes on;
 * two processes at once, one does it and the other sees it done.
 *
 * @throws TRS_STORE_NEWER when a newer Trestle made the store
 */
export async function migrate(db: Kysely<StoreTables>, contributed: readonly Migration[]): Promise<void> {
  await db.schema
    .createTable('schema_migrations')
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('applied_at', 'text', (column) => column.notNull())
    .execute();
  const applied = new Set(
    (await db.selectFrom('schema_migrations').select('name').execute()).map((row) => row.name),
  );
  const known = new Set(storeMigrations.map((migration) => migration.name));
  const unknown = [...applied].find((name) => name.startsWith('store-') && !known.has(name));
  if (unknown !== undefined) {
    throw storeError('NEWER', {
      kind: 'conflict',
      message: `This store was made by a newer Trestle: it has the schema step "${unknown}".`,
      hint: 'Update Trestle to open it.',
    });
  }
  for (const migration of [...storeMigrations, ...contributed]) {
    if (applied.has(migration.name)) continue;
    await db.transaction().execute(async (transaction) => {
      const row = await transaction
        .selectFrom('schema_migrations')
        .select('name')
        .where('name', '=', migration.name)
        .executeTakeFirst();
      if (row) return;
      // A plugin's step knows its own tables, not the store's.
      await migration.up(transaction as unknown as Kysely<unknown>);
      await transaction
        .insertInto('schema_migrations')
        .values({ name: migration.name, applied_at: new Date().toISOString() })
        .execute();
    });
  }
}
