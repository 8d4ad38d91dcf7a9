import type { Scope } from '@trestle/kernel';
import { type BlobInfo, blobsToken, metadataToken } from '@trestle/store';
import { sql } from 'kysely';
import type { DataTables } from '../data-tables.ts';

type Services = Pick<Scope, 'service'>;

/** How long content that no version refers to yet is left alone: far longer than a version takes from its last part to its commit. */
const PIN_MS = 6 * 60 * 60 * 1_000;

/**
 * Writes down that a blob is ours and about to be used, before it is one. What is collected later is only ever what was
 * written down here, so that no other plugin's content can be taken for garbage.
 */
async function pin(scope: Services, ...blobs: readonly BlobInfo[]): Promise<void> {
  const metadata = await scope.service(metadataToken);
  const pinned_until_ms = sql<number>`${metadata.clock.ms} + ${PIN_MS}`;
  await metadata.write<DataTables, void>(async (db) => {
    for (const { digest, bytes } of blobs) {
      const row = { digest, bytes, pinned_until_ms, erased: 0 };
      await db
        .insertInto('dataset_blobs')
        .values(row)
        .onConflict((conflict) => conflict.column('digest').doUpdateSet(row))
        .execute();
    }
  });
}

/** Makes a blob of a file, pinned until a version refers to it. */
export async function putPinnedFile(scope: Services, path: string): Promise<BlobInfo> {
  return await (await scope.service(blobsToken)).putFile(path, (info) => pin(scope, info));
}

/** Makes a blob of bytes, pinned until a version refers to it. */
export async function putPinned(scope: Services, content: Uint8Array): Promise<BlobInfo> {
  return await (await scope.service(blobsToken)).put(content, (info) => pin(scope, info));
}

/** Makes blobs of several small contents, pinned in one change, with one wait for the disk rather than one for each. */
export async function putAllPinned(
  scope: Services,
  contents: readonly { readonly digest: string; readonly content: Uint8Array }[],
): Promise<void> {
  const blobs = await scope.service(blobsToken);
  await pin(scope, ...contents.map(({ digest, content }) => ({ digest, bytes: content.byteLength })));
  await Promise.all(contents.map(({ content }) => blobs.put(content)));
}
