import { type Column, type DatasetVersion, datasetAdded } from '@trestle/contracts';
import type { Actor, Scope } from '@trestle/kernel';
import { type Blobs, blobsToken, metadataToken } from '@trestle/store';
import type { Kysely } from 'kysely';
import { dataError } from '../data-error.ts';
import type { DataTables } from '../data-tables.ts';
import type { Manifest } from './manifest.ts';
import { type StoredManifest, storeManifest } from './store-version.ts';

export interface NewVersion {
  readonly dataset: string;
  readonly manifest: Manifest;
  readonly columns: readonly Column[];
  readonly source: string;
  /** What a person is to know of how its rows were read. */
  readonly notes?: readonly string[] | undefined;
  /** The number of the version that it was made behind: it must still be the newest. */
  readonly base?: number | undefined;
  /** The digests of the base's parts, which were looked for: as long as it is the newest they are there, and others need not wait. */
  readonly standing?: ReadonlySet<string> | undefined;
  /** References that it was made from, with what was done. */
  readonly madeFrom: readonly { readonly ref: string; readonly kind: string }[];
}

/** What else becomes durable with a version. */
export type Along = (db: Kysely<DataTables>, version: DatasetVersion) => Promise<void>;

/** Makes a version out of parts that are blobs already. The same content as the newest version is that version again. */
export const commitVersion = async (
  scope: Scope,
  actor: Actor,
  made: NewVersion,
  along?: Along,
): Promise<Committed> =>
  await commitStored(scope, actor, { ...made, ...(await storeManifest(scope, made.manifest)) }, along);

export type Committed = DatasetVersion & { readonly unchanged: boolean };

/** The same of a manifest that is a blob too. @throws TRS_DATA_APPEND_CONFLICT when `base` is not the newest any more */
export async function commitStored(
  scope: Scope,
  actor: Actor,
  made: NewVersion & StoredManifest,
  along: Along = async () => {},
): Promise<Committed> {
  const blobs = await scope.service(blobsToken);
  const metadata = await scope.service(metadataToken);
  const { digest, manifest } = made;
  const rows = manifest.parts.reduce((sum, part) => sum + part.rows, 0);
  return await metadata.change<DataTables, Committed>(actor, async (change) => {
    const newest = await change.db
      .selectFrom('dataset_versions')
      .selectAll()
      .where('dataset', '=', made.dataset)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (made.base !== undefined && newest?.version !== made.base) throw overtaken(made.dataset, made.base);
    const parts = [digest, ...manifest.parts.map((part) => part.digest)];
    await checkParts(change.db, blobs, parts, made.base === undefined ? undefined : made.standing);
    const isUnchanged = newest?.digest === digest;
    const version: DatasetVersion = {
      dataset: made.dataset,
      version: isUnchanged ? newest.version : (newest?.version ?? 0) + 1,
      digest,
      rows,
      columns: [...made.columns],
      createdAt: isUnchanged ? newest.created_at : new Date().toISOString(),
      source: isUnchanged ? newest.source : made.source,
    };
    const ref = `dataset:${version.dataset}@${version.version}`;
    for (const { ref: from, kind } of made.madeFrom) await change.link({ from, to: ref, kind });
    if (isUnchanged) {
      await along(change.db, version);
      return { ...version, unchanged: true };
    }
    await change.db
      .insertInto('dataset_versions')
      .values({
        dataset: version.dataset,
        version: version.version,
        digest,
        rows,
        columns: JSON.stringify(version.columns),
        source: version.source,
        created_at: version.createdAt,
      })
      .execute();
    if (made.notes && made.notes.length > 0)
      await change.db
        .insertInto('dataset_notes')
        .values({ dataset: version.dataset, version: version.version, notes: JSON.stringify(made.notes) })
        .execute();
    await change.record(datasetAdded, ref, { digest, rows, source: version.source });
    await along(change.db, version);
    return { ...version, unchanged: false };
  });
}

export const overtaken = (dataset: string, base: number) =>
  dataError('APPEND_CONFLICT', {
    kind: 'conflict',
    message: `Others added to "${dataset}" while rows were put behind ${dataset}@${base}.`,
    hint: 'Nothing was added. Run it again.',
    details: { dataset, base },
  });

/** What a version appends to may have been erased or let go of since it was read. @throws TRS_DATA_PARTS_GONE */
async function checkParts(
  db: Kysely<DataTables>,
  blobs: Blobs,
  digests: readonly string[],
  standing: ReadonlySet<string> = new Set(),
): Promise<void> {
  const erased = await db.selectFrom('dataset_blobs').select('digest').where('erased', '=', 1).execute();
  const isErased = new Set(erased.map((row) => row.digest));
  for (const digest of digests) {
    if (!isErased.has(digest) && (standing.has(digest) || (await blobs.has(digest)))) continue;
    throw partsGone(digest);
  }
}

export const partsGone = (digest: string) =>
  dataError('PARTS_GONE', {
    kind: 'conflict',
    message: 'Rows that this version was to hold were removed meanwhile (data erase, data gc).',
    hint: 'Nothing was added. Run it again.',
    details: { digest },
  });
