import type { Batch } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { batches, DEFAULT_BATCH_ROWS, selectColumns } from '../engine/batches.ts';
import { openEngine } from '../engine/engine.ts';
import { checkRejects } from './check-rejects.ts';
import { openSource } from './open-source.ts';
import { sourceColumns } from './source-columns.ts';

/** Streams the rows of a file or folder without making a version of it. Rows that do not fit fail at the end. */
export async function* readSource(ctx: Context, path: string): AsyncGenerator<Batch> {
  const workspace = await (await ctx.service(blobsToken)).workspace();
  try {
    const { files } = await openSource(ctx, { path }, workspace.dir);
    const engine = await openEngine(ctx, {
      files: files.map((file) => file.path),
      dirs: [workspace.dir],
      signal: ctx.signal,
    });
    try {
      const { columns, ready } = await sourceColumns(engine, files, {}, undefined);
      for (const { source, relation } of ready) {
        yield* batches(engine, selectColumns(relation, columns), columns, DEFAULT_BATCH_ROWS);
        if (source.format === 'csv' || source.format === 'tsv') await checkRejects(engine, source.shown);
      }
    } finally {
      engine.close();
    }
  } finally {
    await workspace.remove();
  }
}
