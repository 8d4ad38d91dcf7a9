import { dirname } from 'node:path';
import type { Batch } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { batches, DEFAULT_BATCH_ROWS, selectColumns } from '../engine/batches.ts';
import { columnTypeOf } from '../engine/column-types.ts';
import { openEngine } from '../engine/engine.ts';
import { openSource } from './open-source.ts';
import { checkRejects, describeRelation, sourceRelation } from './source-relation.ts';

/** Streams the rows of a file without making a version of it. Rows that do not fit fail at the end. */
export async function* readSource(ctx: Context, path: string): AsyncGenerator<Batch> {
  const workspace = await (await ctx.service(blobsToken)).workspace();
  try {
    const source = await openSource(ctx, path, workspace.dir);
    const engine = await openEngine(ctx, {
      files: [source.path],
      dirs: [workspace.dir, dirname(source.path)],
      signal: ctx.signal,
    });
    try {
      const relation = await sourceRelation(engine, source.path, source.shown, source.format);
      const columns = (await describeRelation(engine, relation)).map(({ name, duckType }) => ({
        name,
        type: columnTypeOf(duckType),
      }));
      yield* batches(engine, selectColumns(relation, columns), columns, DEFAULT_BATCH_ROWS);
      if (source.format === 'csv' || source.format === 'tsv') await checkRejects(engine, source.shown);
    } finally {
      engine.close();
    }
  } finally {
    await workspace.remove();
  }
}
