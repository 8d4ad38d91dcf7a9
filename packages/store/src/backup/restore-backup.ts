import type { Blobs } from '../interface/blobs.ts';
import type { Migration } from '../interface/metadata.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { fillDatabase } from '../sql/fill-database.ts';
import { sqlJournal } from '../sql/journal.ts';
import { migrate, migrationNames } from '../sql/migrate.ts';
import { storeError } from '../store-error.ts';
import type { BackupFolder } from './backup-folder.ts';
import { blobsOf } from './blob-lines.ts';
import { checkTable, rowsOf } from './check-backup.ts';
import { inParallel } from './in-parallel.ts';
import type { BackupOptions } from './make-backup.ts';
import type { Manifest, Snapshot } from './manifest.ts';

export interface RestoredBackup {
  readonly rows: number;
  readonly blobs: number;
  /** Those that were there already. */
  readonly skippedBlobs: number;
  /** The head of the log, recomputed from its beginning. */
  readonly head: string;
}

/**
 * Brings a snapshot back into an empty store of any kind, and proves it: each piece, each table, the chain of the log. Content comes
 * first, rows in one transaction behind it: ended in the middle, it is begun again and goes on. The schema is the one of the snapshot
 * until its rows are there; what came later is applied to them.
 *
 * @throws TRS_STORE_NOT_EMPTY, TRS_STORE_BACKUP_…
 */
export async function restoreBackup(
  folder: BackupFolder,
  { manifest }: Snapshot,
  target: { readonly database: SqlDatabase; readonly blobs: Blobs },
  migrations: readonly Migration[],
  options: BackupOptions,
): Promise<RestoredBackup> {
  const { database, blobs } = target;
  const steps = await stepsOf(folder, manifest);
  const known = migrationNames(database, migrations);
  const unknown = [...steps].find((step) => !known.has(step));
  if (unknown !== undefined) throw newer(unknown);
  // Refuses early what would be refused at the end.
  await checkFresh(database);
  const skippedBlobs = await copyBlobs(folder, manifest, blobs, options);
  await migrate(database, migrations, steps);
  const tables = manifest.tables.filter(({ table }) => table !== 'schema_migrations');
  await fillDatabase(
    database,
    tables.map((table) => ({ table: table.table, rows: () => rowsOf(folder, table) })),
    (fraction, table) => options.onProgress(`rows of ${table}`, fraction),
    (found, at) => {
      const expected = tables[at];
      if (expected) checkTable(expected, found);
    },
  );
  await migrate(database, migrations);
  const { ok, head } = await sqlJournal(database).verify();
  if (!ok || head !== manifest.log.head) throw brokenChain(manifest.log.head);
  return {
    rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
    blobs: manifest.blobs.count,
    skippedBlobs,
    head,
  };
}

/** The steps that had been applied to the schema. */
async function stepsOf(folder: BackupFolder, { tables }: Manifest): Promise<ReadonlySet<string>> {
  const steps = new Set<string>();
  for (const table of tables.filter((one) => one.table === 'schema_migrations'))
    for await (const { name } of rowsOf(folder, table)) steps.add(String(name));
  return steps;
}

/** @throws TRS_STORE_NOT_EMPTY */
async function checkFresh(database: SqlDatabase): Promise<void> {
  const names = (await database.reader.introspection.getTables()).map(({ name }) => name);
  if (!names.includes('events')) return;
  const event = await database.reader.selectFrom('events').select('seq').limit(1).executeTakeFirst();
  if (event === undefined) return;
  throw storeError('NOT_EMPTY', {
    kind: 'conflict',
    message: 'The project to restore into has a history of its own.',
    hint: 'Restore into a new folder, or name another database. Nothing was changed.',
  });
}

/** @returns how many were there already */
async function copyBlobs(
  folder: BackupFolder,
  manifest: Manifest,
  blobs: Blobs,
  { signal, onProgress }: BackupOptions,
): Promise<number> {
  let [done, skipped] = [0, 0];
  await inParallel(blobsOf(folder, manifest), async ({ digest }) => {
    signal.throwIfAborted();
    if (await blobs.has(digest)) skipped++;
    else await blobs.put(folder.read('blob', digest));
    onProgress('content', ++done / Math.max(1, manifest.blobs.count));
  });
  return skipped;
}

const newer = (step: string) =>
  storeError('BACKUP_NEWER', {
    kind: 'conflict',
    message: `The backup has the schema step "${step}", which nothing here knows.`,
    hint: 'Update Trestle, or name the plugin that brings it in the configuration. Nothing was changed.',
    details: { migration: step },
  });

const brokenChain = (head: string) =>
  storeError('BACKUP_CHAIN', {
    kind: 'failed',
    message: `The log that came back is no whole chain that ends in ${head}.`,
    hint: 'The log was damaged before the backup was taken ("trestle audit verify" there); an older snapshot may be whole.',
    details: { head },
  });
