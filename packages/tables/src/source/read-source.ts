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

/** How the rows of a file are read. */
export interface RowReading {
  /** The types of columns that may be there, whatever they look like. */
  readonly types?: ReadonlyMap<string, ColumnType>;
  /** What the other columns are where some are named: texts as they stand there (when left out), or what they look like. */
  readonly others?: 'texts' | 'inferred';
  /** Told what a person is to know of how they were read. */
  readonly onNote?: (note: string) => void;
  /** Whether rows that do not fit fail (when left out), or are left out and told. */
  readonly badRows?: 'refuse' | 'skip';
}

/**
 * Streams the rows of what a user named. Rows that do not fit fail at the end.
 *
 * @param dir an empty folder for what is fetched, extracted or written
 */
export async function* readSource(
  ctx: ReadContext,
  options: SourceOptions,
  dir: string,
  { types: wanted = new Map(), others = 'texts', onNote = () => {}, badRows = 'refuse' }: RowReading = {},
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
      looked.columns.flatMap(({ name }) => {
        const type = wanted.get(name) ?? (others === 'texts' ? ('string' as const) : undefined);
        return type === undefined ? [] : [[name, type] as const];
      }),
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
