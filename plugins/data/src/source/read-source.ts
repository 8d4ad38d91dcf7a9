import type { Batch, Datasets } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { readSource as readInto } from '@trestle/tables';
import { readContext } from './read-context.ts';

/** Streams the rows of a file or folder without making a version of it. Rows that do not fit fail at the end. */
export async function* readSource(
  ctx: Context,
  path: string,
  reading: Parameters<Datasets['readFile']>[2] = {},
): AsyncGenerator<Batch> {
  const workspace = await (await ctx.service(blobsToken)).workspace();
  try {
    yield* readInto(readContext(ctx), { path }, workspace.dir, reading);
  } finally {
    await workspace.remove();
  }
}
