import type { Context } from '@trestle/kernel';
import { openModel } from '@trestle/model';
import { blobsToken } from '@trestle/store';
import { registryConfig } from '../registry-config.ts';
import { resolveModel } from '../version/versions.ts';

export async function readCard(ctx: Context, input: { readonly model: string }) {
  const { name, version, digest } = await resolveModel(ctx, input.model);
  const { maxModelBytes } = ctx.config(registryConfig);
  const bytes = await (await ctx.service(blobsToken)).read(digest, maxModelBytes);
  const { card } = await openModel(bytes, { maxBytes: maxModelBytes });
  return { name, version, card };
}
