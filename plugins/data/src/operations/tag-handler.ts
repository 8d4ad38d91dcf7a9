import { datasetTagged } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import type { DataTables } from '../data-tables.ts';
import { resolveVersion } from '../version/versions.ts';

/** Gives a version a name of its own; a name that another version had moves. */
export async function tagVersion(ctx: Context, input: { readonly name: string; readonly tag: string }) {
  const { dataset, version } = await resolveVersion(ctx, input.name);
  const metadata = await ctx.service(metadataToken);
  return await metadata.change<
    DataTables,
    { dataset: string; version: number; tag: string; previous: number | null }
  >(ctx, async ({ db, record }) => {
    const before = await db
      .selectFrom('dataset_tags')
      .select('version')
      .where('dataset', '=', dataset)
      .where('tag', '=', input.tag)
      .executeTakeFirst();
    const previous = before?.version ?? null;
    if (previous !== version) {
      await db
        .insertInto('dataset_tags')
        .values({ dataset, tag: input.tag, version })
        .onConflict((conflict) => conflict.columns(['dataset', 'tag']).doUpdateSet({ version }))
        .execute();
      await record(datasetTagged, `dataset:${dataset}@${version}`, { tag: input.tag, previous });
    }
    return { dataset, version, tag: input.tag, previous };
  });
}
