import type { Context } from '@trestle/kernel';
import { type BlobInfo, metadataToken } from '@trestle/store';
import type { DataTables } from '../data-tables.ts';
import { bytesOf, collect, findUnused } from '../retention/collect.ts';
import { references } from '../retention/references.ts';
import { findOld, type OldVersion, retire } from '../retention/retire-versions.ts';
import { dropSketches } from '../sketch/kept-sketches.ts';

export async function collectGarbage(
  ctx: Context,
  input: { readonly dryRun: boolean; readonly keep?: number | undefined },
) {
  const named = (versions: readonly OldVersion[]) =>
    versions.map(({ dataset, version }) => ({ dataset, version }));
  if (input.dryRun) {
    const old = input.keep === undefined ? [] : await findOld(ctx, input.keep);
    const unused = await unusedWithout(ctx, old);
    return { dryRun: true, blobs: unused.length, bytes: bytesOf(unused), versions: named(old) };
  }
  const old = input.keep === undefined ? [] : await retire(ctx, ctx, input.keep);
  const removed = await collect(ctx, ctx, await findUnused(ctx), (fraction) =>
    ctx.progress({ step: 'removing what nothing refers to', fraction }),
  );
  const used = references(ctx);
  await (await ctx.service(metadataToken)).write<DataTables, void>(async (db) => {
    await dropSketches(db, await used.current(db));
  });
  return { dryRun: false, ...removed, versions: named(old) };
}

/** What would be unused if some versions were not there. */
async function unusedWithout(ctx: Context, old: readonly OldVersion[]): Promise<readonly BlobInfo[]> {
  const gone = new Set(old.map(({ dataset, version }) => `${dataset}@${version}`));
  const db = (await ctx.service(metadataToken)).query<DataTables>();
  const versions = await db.selectFrom('dataset_versions').select(['dataset', 'version', 'digest']).execute();
  const left = versions.filter(({ dataset, version }) => !gone.has(`${dataset}@${version}`));
  return await findUnused(ctx, {
    current: () => references(ctx).of(new Set(left.map((version) => version.digest))),
  });
}
