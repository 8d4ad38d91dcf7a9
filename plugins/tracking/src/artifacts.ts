import type { Scope } from '@trestle/kernel';
import { type BlobInfo, blobsToken, type Change, metadataToken } from '@trestle/store';
import { sql } from 'kysely';
import { checkCount } from './limits.ts';
import type { TrackingTables } from './tracking-tables.ts';

type Db = Change<TrackingTables>['db'];

/** How long content is left alone that no artifact refers to yet: far longer than a run takes to say what it is. */
const PIN_MS = 6 * 60 * 60 * 1_000;

/** Writes down that a blob is ours and about to be an artifact, before it is one: only what stands there is ever collected. */
async function pin(scope: Pick<Scope, 'service'>, { digest, bytes }: BlobInfo): Promise<void> {
  const metadata = await scope.service(metadataToken);
  const row = { digest, bytes, pinned_until_ms: sql<number>`${metadata.clock.ms} + ${PIN_MS}` };
  await metadata.write<TrackingTables, void>(async (db) => {
    await db
      .insertInto('run_blobs')
      .values(row)
      .onConflict((conflict) => conflict.column('digest').doUpdateSet(row))
      .execute();
  });
}

/** Keeps content that is to be an artifact. */
export async function putArtifact(
  scope: Pick<Scope, 'service'>,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<BlobInfo> {
  return await (await scope.service(blobsToken)).put(content, (info) => pin(scope, info));
}

/** The same for a finished file, which is taken over. */
export async function putArtifactFile(scope: Pick<Scope, 'service'>, path: string): Promise<BlobInfo> {
  return await (await scope.service(blobsToken)).putFile(path, (info) => pin(scope, info));
}

/** Whether content was kept for an artifact: who only knows its digest gets nothing by it. */
export async function isOurs(db: Pick<Db, 'selectFrom'>, digest: string): Promise<boolean> {
  const row = await db
    .selectFrom('run_blobs')
    .select('digest')
    .where('digest', '=', digest)
    .executeTakeFirst();
  return row !== undefined;
}

/** Says that a run has an artifact; one of the same name is replaced. @throws TRS_TRACKING_TOO_MANY */
export async function setArtifact(
  db: Db,
  run: string,
  { name, digest, bytes }: BlobInfo & { readonly name: string },
): Promise<void> {
  const values = { digest, bytes, freed_at: null };
  await db
    .insertInto('run_artifacts')
    .values({ run, name, ...values })
    .onConflict((conflict) => conflict.columns(['run', 'name']).doUpdateSet(values))
    .execute();
  const { count } = await db
    .selectFrom('run_artifacts')
    .select((select) => select.fn.countAll().as('count'))
    .where('run', '=', run)
    .executeTakeFirstOrThrow();
  checkCount('artifacts', run, Number(count));
}
