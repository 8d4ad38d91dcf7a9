import type { Kysely } from 'kysely';
import type { Migration } from '../interface/metadata.ts';
import { storeError } from '../store-error.ts';
import { storeMigrations } from './store-migrations.ts';
import type { StoreTables } from './tables.ts';

const NAME = /^([a-z][a-z0-9-]*)-(\d{4})-[a-z0-9-]+$/;

/**
 * Applies what is not applied yet, in the order of the names, each step in a transaction of its own: killed in the
 * middle, the next start goes on; two processes at once, one does it and the other sees it done.
 *
 * @throws TRS_STORE_NEWER when a newer Trestle made the store, TRS_STORE_MIGRATION
 */
export async function migrate(db: Kysely<StoreTables>, contributed: readonly Migration[]): Promise<void> {
  const steps = [...storeMigrations, ...inOrder(contributed)];
  const applied = await appliedNames(db);
  checkNotNewer(steps, applied);
  for (const step of steps) {
    if (applied.has(step.name)) continue;
    await db.transaction().execute(async (transaction) => {
      const row = await transaction
        .selectFrom('schema_migrations')
        .select('name')
        .where('name', '=', step.name)
        .executeTakeFirst();
      if (row) return;
      // A plugin's step knows its own tables, not the store's.
      await step.up(transaction as unknown as Kysely<unknown>);
      await transaction
        .insertInto('schema_migrations')
        .values({ name: step.name, applied_at: new Date().toISOString() })
        .execute();
    });
  }
}

function inOrder(contributed: readonly Migration[]): readonly Migration[] {
  const names = new Set(storeMigrations.map((step) => step.name));
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

async function appliedNames(db: Kysely<StoreTables>): Promise<ReadonlySet<string>> {
  await db.schema
    .createTable('schema_migrations')
    .ifNotExists()
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('applied_at', 'text', (column) => column.notNull())
    .execute();
  return new Set((await db.selectFrom('schema_migrations').select('name').execute()).map((row) => row.name));
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
