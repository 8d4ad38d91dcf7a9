import { isTrestleError } from '@trestle/kernel';
import type { Batch, ColumnType } from '@trestle/statistics';
import { batches, DEFAULT_BATCH_ROWS, selectColumns } from '../engine/batches.ts';
import { openEngine } from '../engine/engine.ts';
import { checkRejects } from './check-rejects.ts';
import { openSource } from './open-source.ts';
import type { ReadContext } from './read-context.ts';
import { readingOf } from './reading.ts';
import { sourceColumns } from './source-columns.ts';
import type { SourceOptions } from './source-options.ts';

/**
 * Streams the rows of what a user named. Rows that do not fit fail at the end.
 *
 * @param dir an empty folder for what is fetched, extracted or written
 * @param wanted the types of columns that may be there, whatever they look like; where any are named, the others are texts
 * @param onNote told what a person is to know of how they were read
 * @param badRows whether rows that do not fit fail, or are left out and told
 */
export async function* readSource(
  ctx: ReadContext,
  options: SourceOptions,
  dir: string,
  wanted: ReadonlyMap<string, ColumnType> = new Map(),
  onNote: (note: string) => void = () => {},
  badRows: 'refuse' | 'skip' = 'refuse',
): AsyncGenerator<Batch> {
  const { files } = await openSource(ctx, options, dir);
  const engine = await openEngine(ctx.limits, {
    files: files.map((file) => file.path),
    dirs: [dir],
    signal: ctx.signal,
  });
  try {
    const reading = { ...readingOf(options), skipsBadRows: badRows === 'skip' };
    const looked = await sourceColumns(engine, files, reading, undefined);
    const types = new Map(
      looked.columns.map(({ name }) => [name, wanted.get(name) ?? ('string' as const)] as const),
    );
    const { columns, ready, notes } =
      wanted.size === 0 ? looked : await sourceColumns(engine, files, { ...reading, types }, undefined);
    for (const note of notes) onNote(note);
    for (const { source, relation } of ready) {
      yield* batches(engine, selectColumns(relation, columns), columns, DEFAULT_BATCH_ROWS);
      if (source.format === 'csv' || source.format === 'tsv') {
        await checkRejects(engine, source).catch((thrown: unknown) => {
          if (badRows === 'refuse' || !isTrestleError(thrown) || thrown.code !== 'TRS_DATA_BAD_ROWS')
            throw thrown;
          onNote(`Left out: ${thrown.message}`);
        });
      }
    }
  } finally {
    engine.close();
  }
}
