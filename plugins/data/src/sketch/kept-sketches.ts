import type { TableSketch } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import type { Kysely } from 'kysely';
import type { DataTables } from '../data-tables.ts';
import { decodeSketch, encodeSketch } from './sketch-codec.ts';

/** Keys in one statement. */
const AT_ONCE = 500;

/** The sketches that are kept under some keys. */
export async function keptSketches(
  scope: Scope,
  keys: readonly string[],
): Promise<ReadonlyMap<string, TableSketch>> {
  const db = (await scope.service(metadataToken)).query<DataTables>();
  const found = new Map<string, TableSketch>();
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const some = keys.slice(at, at + AT_ONCE);
    const rows = await db.selectFrom('dataset_sketches').selectAll().where('digest', 'in', some).execute();
    for (const { digest, sketch } of rows) {
      const decoded = decodeSketch(sketch);
      if (decoded) found.set(digest, decoded);
    }
  }
  return found;
}

/** Keeps a sketch of parts of a version, unless the version changed meanwhile: rows may have been erased from it. */
export async function keepSketch(
  scope: Scope,
  version: { readonly digest: string },
  key: string,
  sketch: TableSketch,
): Promise<void> {
  const row = { digest: key, sketch: encodeSketch(sketch) };
  await (await scope.service(metadataToken)).write<DataTables, void>(async (db) => {
    const there = await db
      .selectFrom('dataset_versions')
      .select('digest')
      .where('digest', '=', version.digest)
      .executeTakeFirst();
    if (!there) return;
    await db
      .insertInto('dataset_sketches')
      .values(row)
      .onConflict((conflict) => conflict.column('digest').doUpdateSet(row))
      .execute();
  });
}

/** Removes the sketches of which no version holds the parts: they show values of rows that are gone. */
export async function dropSketches(db: Kysely<DataTables>, used: ReadonlySet<string>): Promise<void> {
  const rows = await db.selectFrom('dataset_sketches').select('digest').execute();
  const unused = rows.map(({ digest }) => digest).filter((digest) => !used.has(digest));
  for (let at = 0; at < unused.length; at += AT_ONCE)
    await db
      .deleteFrom('dataset_sketches')
      .where('digest', 'in', unused.slice(at, at + AT_ONCE))
      .execute();
}
