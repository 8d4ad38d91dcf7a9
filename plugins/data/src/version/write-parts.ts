import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Context, isTrestleError } from '@trestle/kernel';
import {
  checkRejects,
  type Engine,
  type LocalSource,
  type Reading,
  readingSource,
  sourceColumns,
  type TypedColumn,
} from '@trestle/tables';
import { behindWider, widerNotes } from './wider-decimals.ts';
import { writeExact } from './write-exact.ts';
import type { WrittenPart } from './write-part.ts';

export interface PartsToWrite {
  readonly files: readonly LocalSource[];
  readonly reading: Reading;
  /** The columns of the version that is appended to. */
  readonly base: readonly TypedColumn[] | undefined;
  /** A workspace; each part gets a folder of its own in it. */
  readonly dir: string;
}

interface WrittenParts {
  /** Those of the base where there is one, or wider. */
  readonly columns: readonly TypedColumn[];
  /** One for each file that has rows. */
  readonly parts: readonly WrittenPart[];
  /** What a person is to know of how they were read. */
  readonly notes: readonly string[];
}

/**
 * Writes a Parquet part for each file of a source. Types of long texts are taken from a sample at first; when a value further
 * down is not like it, everything is read anew with types that every row was asked for, which also tells what is wrong where.
 */
export async function writeParts(ctx: Context, engine: Engine, what: PartsToWrite): Promise<WrittenParts> {
  if (!what.files.some((file) => file.isLong)) return await written(ctx, engine, what, false);
  return await written(ctx, engine, what, true).catch(async (thrown: unknown) => {
    if (!isTrestleError(thrown) || !MAY_BE_THE_SAMPLE.has(thrown.code)) throw thrown;
    return await written(ctx, engine, what, false);
  });
}

const MAY_BE_THE_SAMPLE: ReadonlySet<string> = new Set([
  'TRS_DATA_ENGINE',
  'TRS_DATA_UNREADABLE',
  'TRS_DATA_COLUMNS_DIFFER',
]);

async function written(
  ctx: Context,
  engine: Engine,
  { files, reading, base, dir }: PartsToWrite,
  fromSample: boolean,
): Promise<WrittenParts> {
  return await behindWider(engine, base, async (behind) => {
    const { columns, ready, notes } = await sourceColumns(engine, files, { ...reading, fromSample }, behind);
    const write = async (): Promise<WrittenParts> => {
      const parts: WrittenPart[] = [];
      for (const [index, { source, relation }] of ready.entries()) {
        ctx.progress({ step: `writing ${source.shown}`, fraction: 0.3 + (0.3 * index) / ready.length });
        const own = join(dir, `part-${index}`);
        await mkdir(own, { recursive: true });
        const part = await readingSource(source, () =>
          writeExact(engine, { ...source, relation }, columns, own, behind !== undefined),
        );
        if (source.format === 'csv' || source.format === 'tsv') await checkRejects(engine, source);
        if (part.rows > 0) parts.push(part);
      }
      return { columns, parts, notes: [...notes, ...widerNotes(base, columns)] };
    };
    return { relations: ready.map(({ relation }) => relation), write };
  });
}
