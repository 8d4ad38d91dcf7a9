import { datasetCollected } from '@trestle/contracts';
import type { Actor, Scope } from '@trestle/kernel';
import { type BlobInfo, blobsToken, metadataToken, usedByOthers } from '@trestle/store';
import type { DataTables } from '../data-tables.ts';
import { type References, references } from './references.ts';

/** Blobs that go in one change: other writers wait for it. */
const BATCH = 200;

/** What no version refers to and nobody is about to. */
export async function findUnused(
  scope: Scope,
  used: Pick<References, 'current'> = references(scope),
): Promise<readonly BlobInfo[]> {
  const { clock, query } = await scope.service(metadataToken);
  const db = query<DataTables>();
  const referred = await used.current(db);
  const rows = await db
    .selectFrom('dataset_blobs')
    .select(['digest', 'bytes', 'erased'])
    .where((where) => where.or([where('pinned_until_ms', '<', clock.ms), where('erased', '=', 1)]))
    .execute();
  return await unreferred(scope, rows, referred);
}

/** Without what is referred to, also by other plugins: the same content may be an artifact. What was erased goes all the same. */
async function unreferred<Row extends BlobInfo & { readonly erased: number }>(
  scope: Scope,
  rows: readonly Row[],
  referred: ReadonlySet<string>,
): Promise<readonly BlobInfo[]> {
  const free = rows.filter((row) => !referred.has(row.digest));
  const kept = free.flatMap(({ digest, erased }) => (erased === 1 ? [] : [digest]));
  const used = await usedByOthers(scope, 'data', kept);
  return free.flatMap(({ digest, bytes }) => (used.has(digest) ? [] : [{ digest, bytes }]));
}

/** Those of the digests to which a version refers, or is about to. */
export async function usedByVersions(scope: Scope, digests: readonly string[]): Promise<ReadonlySet<string>> {
  const metadata = await scope.service(metadataToken);
  const db = metadata.query<DataTables>();
  const referred = await references(scope).current(db);
  const pinned = await db
    .selectFrom('dataset_blobs')
    .select('digest')
    .where('digest', 'in', digests)
    .where('pinned_until_ms', '>=', metadata.clock.ms)
    .execute();
  return new Set([
    ...digests.filter((digest) => referred.has(digest)),
    ...pinned.map(({ digest }) => digest),
  ]);
}

/**
 * Removes blobs that are unused, and says how many bytes they held. Each is looked at once more in the change that removes
 * it: versions are committed and blobs pinned in changes too, so that nothing can begin to refer to it in between. A process
 * killed in the middle has removed files that nothing refers to; the next call finishes.
 */
export async function collect(
  scope: Scope,
  actor: Actor,
  unused: readonly BlobInfo[],
  onProgress: (fraction: number) => void = () => {},
): Promise<{ readonly blobs: number; readonly bytes: number }> {
  const blobs = await scope.service(blobsToken);
  const metadata = await scope.service(metadataToken);
  const used = references(scope);
  const removed = { blobs: 0, bytes: 0 };
  for (let at = 0; at < unused.length; at += BATCH) {
    const digests = unused.slice(at, at + BATCH).map((blob) => blob.digest);
    const gone = await metadata.change<DataTables, readonly BlobInfo[]>(actor, async ({ db, record }) => {
      const referred = await used.current(db);
      const rows = await db
        .selectFrom('dataset_blobs')
        .select(['digest', 'bytes', 'erased'])
        .where('digest', 'in', digests)
        .where((where) =>
          where.or([where('pinned_until_ms', '<', metadata.clock.ms), where('erased', '=', 1)]),
        )
        .execute();
      const free = await unreferred(scope, rows, referred);
      if (free.length === 0) return free;
      for (const { digest } of free) await blobs.remove(digest);
      await db
        .deleteFrom('dataset_blobs')
        .where(
          'digest',
          'in',
          free.map((row) => row.digest),
        )
        .execute();
      await record(datasetCollected, 'store:blobs', { blobs: free.length, bytes: bytesOf(free) });
      return free;
    });
    removed.blobs += gone.length;
    removed.bytes += bytesOf(gone);
    onProgress(Math.min(1, (at + BATCH) / unused.length));
  }
  return removed;
}

export const bytesOf = (blobs: readonly BlobInfo[]): number =>
  blobs.reduce((sum, blob) => sum + blob.bytes, 0);
