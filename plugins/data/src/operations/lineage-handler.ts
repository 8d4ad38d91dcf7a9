import type { Context } from '@trestle/kernel';
import { readColumnEdges } from '../pipeline/column-edges.ts';
import { resolveVersion } from '../version/versions.ts';

export async function columnLineage(ctx: Context, input: { readonly name: string }) {
  const { dataset, version } = await resolveVersion(ctx, input.name);
  const edges = await readColumnEdges(ctx, `dataset:${dataset}@${version}`);
  const columns = edges.map((edge) => ({ ...edge, from: edge.from.replace('dataset:', '') }));
  return { dataset, version, columns };
}
