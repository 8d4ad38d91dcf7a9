import { runsCollected } from '@trestle/contracts';
import type { Context, Scope } from '@trestle/kernel';
import { type BlobInfo, blobsToken, metadataToken, readStored, usedByOthers } from '@trestle/store';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { TrackingTables } from '../tracking-tables.ts';

type Db = Kysely<TrackingTables>;

/** Blobs that go in one change: other writers wait for it. */
const BATCH = 100;

/**
 * Removes the content of artifacts of deleted runs to which no other run, and nothing of another plugin, refers; also what was never
 * said to be an artifact. Each is looked at once more in the change that removes it.
 *
 * @param options.deletedBefore only runs that were deleted before, ISO 8601
 */
export async function collectRuns(
  ctx: Context,
  options: { readonly dryRun: boolean; readonly deletedBefore: string },
) {
  const metadata = await ctx.service(metadataToken);
  const unused = await findUnused(ctx, metadata.query<TrackingTables>(), options.deletedBefore);
  if (options.dryRun) return { dryRun: true, blobs: unused.length, bytes: bytesOf(unused) };
  const removed = { dryRun: false, blobs: 0, bytes: 0 };
  const blobs = await ctx.service(blobsToken);
  for (let at = 0; at < unused.length; at += BATCH) {
    const digests = unused.slice(at, at + BATCH).map(({ digest }) => digest);
    const gone = await metadata.change<TrackingTables, readonly BlobInfo[]>(ctx, async ({ db, record }) => {
      const free = await findUnused(ctx, db, options.deletedBefore, digests);
      if (free.length === 0) return free;
      const freed = free.map(({ digest }) => digest);
      for (const digest of freed) await blobs.remove(digest);
      await db.deleteFrom('run_blobs').where('digest', 'in', freed).execute();
      await db
        .updateTable('run_artifacts')
        .set({ freed_at: new Date().toISOString() })
        .where('digest', 'in', freed)
        .execute();
      await record(runsCollected, 'store:blobs', { blobs: free.length, bytes: bytesOf(free) });
      return free;
    });
    removed.blobs += gone.length;
    removed.bytes += bytesOf(gone);
    ctx.progress({ step: 'removing artifacts', fraction: Math.min(1, (at + BATCH) / unused.length) });
  }
  return removed;
}

const bytesOf = (blobs: readonly BlobInfo[]): number => blobs.reduce((sum, { bytes }) => sum + bytes, 0);

async function findUnused(
  ctx: Context,
  db: Db,
  deletedBefore: string,
  among?: readonly string[],
): Promise<readonly BlobInfo[]> {
  const { clock } = await ctx.service(metadataToken);
  let ours = db.selectFrom('run_blobs').select(['digest', 'bytes']).where('pinned_until_ms', '<', clock.ms);
  if (among) ours = ours.where('digest', 'in', among);
  const rows = await ours
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('run_artifacts as artifact')
            .innerJoin('tracked_runs as run', 'run.run', 'artifact.run')
            .select('artifact.run')
            .whereRef('artifact.digest', '=', 'run_blobs.digest')
            .where((of) =>
              of.or([of('run.deleted_at', 'is', null), of('run.deleted_at', '>=', deletedBefore)]),
            ),
        ),
      ),
    )
    .execute();
  const found = rows.map(({ digest, bytes }) => ({ digest, bytes: Number(bytes) }));
  const models = await modelDigests(db);
  const digests = found.map(({ digest }) => digest);
  const used = await usedByOthers(ctx, 'tracking', digests);
  return found.filter(({ digest }) => !used.has(digest) && !models.has(digest));
}

/** The packages of trainings that are not deleted: what a run has made need not be among its artifacts. */
async function modelDigests(db: Db): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('tracked_runs')
    .select('facts')
    .where('deleted_at', 'is', null)
    .where('facts', 'like', '%"modelDigest"%')
    .execute();
  return new Set(rows.flatMap(({ facts }) => readStored(withModel, facts).value?.modelDigest ?? []));
}

const withModel = z.looseObject({ modelDigest: z.string().optional() });

/** Those of the digests that runs refer to which are not deleted, or that are about to be artifacts. */
export async function usedByRuns(scope: Scope, digests: readonly string[]): Promise<ReadonlySet<string>> {
  const metadata = await scope.service(metadataToken);
  const db = metadata.query<TrackingTables>();
  const [kept, pinned, models] = [
    await db
      .selectFrom('run_artifacts as artifact')
      .innerJoin('tracked_runs as run', 'run.run', 'artifact.run')
      .select('artifact.digest')
      .distinct()
      .where('artifact.digest', 'in', digests)
      .where('run.deleted_at', 'is', null)
      .execute(),
    await db
      .selectFrom('run_blobs')
      .select('digest')
      .where('digest', 'in', digests)
      .where('pinned_until_ms', '>=', metadata.clock.ms)
      .execute(),
    await modelDigests(db),
  ];
  return new Set([
    ...[...kept, ...pinned].map(({ digest }) => digest),
    ...digests.filter((digest) => models.has(digest)),
  ]);
}
