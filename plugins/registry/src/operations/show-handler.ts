import type { Context } from '@trestle/kernel';
import { openModel } from '@trestle/model';
import { blobsToken, metadataToken } from '@trestle/store';
import { registryConfig } from '../registry-config.ts';
import type { RegistryTables } from '../registry-tables.ts';
import { listModels, resolveModel } from '../version/versions.ts';

export async function showModel(ctx: Context, input: { readonly model: string }) {
  const version = await resolveModel(ctx, input.model);
  const { maxModelBytes } = ctx.config(registryConfig);
  const blobs = await ctx.service(blobsToken);
  const model = await openModel(await blobs.read(version.digest, maxModelBytes), { maxBytes: maxModelBytes });
  const metadata = await ctx.service(metadataToken);
  const moves = await metadata
    .query<RegistryTables>()
    .selectFrom('model_alias_moves')
    .select(['alias', 'kind', 'version', 'previous', 'actor', 'time'])
    .where('name', '=', version.name)
    .orderBy('id')
    .execute();
  const copied = (values: typeof model.inputs) =>
    values.map((value) => ({ ...value, dims: [...value.dims] }));
  return {
    ...version,
    features: [...model.features],
    inputs: copied(model.inputs),
    outputs: copied(model.outputs),
    classes: model.metadata?.schema.classes ?? [],
    card: model.card,
    origin: model.origin ?? null,
    versions: [...(await listModels(ctx, version.name))],
    moves,
  };
}
