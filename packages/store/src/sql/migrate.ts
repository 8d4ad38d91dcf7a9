import type { Kysely } from 'kysely';
import type { Migration } from '../interface/metadata.ts';
import { storeError } from '../store-error.ts';
import type { SqlDatabase } from './database.ts';
import { storeMigrations } from './store-migrations.ts';
import type { StoreTables } from './tables.ts';

const NAME = /^([a-z][a-z0-9-]*)-(\d{4})-[a-z0-9-]+$/;

/** The names of all steps that are known here. */
export const migrationNames = (
  database: SqlDatabase,
  contributed: readonly Migration[],
): ReadonlySet<string> => new Set([...storeMigrations(database), ...contributed].map(({ name }) => name));

/**
 * Applies what is not applied yet, in the order of the names, each step in a transaction of its own: killed in the
 * middle, the next start goes on; two processes at once, one does it and the other sees it done.
 *
 * @param only the steps to apply; all when left out
 *
 * @throws TRS_STORE_NEWER when a newer Trestle made the store, TRS_STORE_MIGRATION
 */
export async function migrate(
  database: SqlDatabase,
  contributed: readonly Migration[],
  only?: ReadonlySet<string>,
): Promise<void> {
  const own = storeMigrations(database);
  const steps = [...own, ...inOrder(contributed, new Set(own.map(({ name }) => name)))];
  const applied = await appliedNames(database);
  checkNotNewer(steps, applied);
  for (const step of steps) {
    if (applied.has(step.name) || only?.has(step.name) === false) continue;
    await database.transact('schema', async (db) => {
      const row = await db
        .selectFrom('schema_migrations')
        .select('name')
        .where('name', '=', step.name)
        .executeTakeFirst();
      if (row) return;
      // A plugin's step knows its own tables, not the store's.
      await step.up(db as unknown as Kysely<unknown>);
      await db
        .insertInto('schema_migrations')
        .values({ name: step.name, applied_at: database.clock.iso })
        .execute();
    });
  }
}

function inOrder(contributed: readonly Migration[], own: ReadonlySet<string>): readonly Migration[] {
  const names = new Set(own);
  for (const { name } of contributed) {
    const reason = names.has(name)
      ? 'is there twice'
      : NAME.test(name)
        ? undefined
        : 'does not look like "plugin-0001-what"';
    if (reason) {
      throw storeError('MIGRATION', {
        kind: 'failed',
        message: `The schema step "${name}" ${reason}.`,
        hint: 'Correct the plugin that contributes it.',
        details: { migration: name },
      });
    }
    names.add(name);
  }
  return contributed.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function appliedNames(database: SqlDatabase): Promise<ReadonlySet<string>> {
  const names = (db: Kysely<StoreTables>) => db.selectFrom('schema_migrations').select('name').execute();
  // Most often the table is there, and nobody has to wait for the lock; what else is wrong shows in the transaction.
  const rows = await names(database.reader).catch(() =>
    database.transact('schema', async (db) => {
      await db.schema
        .createTable('schema_migrations')
        .ifNotExists()
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('applied_at', 'text', (column) => column.notNull())
        .execute();
      return await names(db);
    }),
  );
  return new Set(rows.map(({ name }) => name));
}

/** A step that we do not know, of a plugin that we do know, was made by a newer version of it. */
function checkNotNewer(steps: readonly Migration[], applied: ReadonlySet<string>): void {
  const known = new Set(steps.map((step) => step.name));
  const plugins = new Set(steps.map((step) => NAME.exec(step.name)?.[1]));
  for (const name of applied) {
    const owner = NAME.exec(name)?.[1];
    if (known.has(name) || !plugins.has(owner)) continue;
    throw storeError('NEWER', {
      kind: 'conflict',
      message: `This store was made by a newer version of "${owner}": it has the schema step "${name}".`,
      hint: 'Update Trestle and its plugins to open it.',
      details: { migration: name },
    });
  }
}
