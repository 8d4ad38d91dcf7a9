import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Context, isTrestleError, shellWord } from '@trestle/kernel';
import {
  checkRejects,
  describeRelation,
  type Engine,
  exactRelation,
  isInexact,
  type LocalSource,
  misfitIn,
  type Reading,
  type ReadySource,
  readingSource,
  sourceColumns,
  type TypedColumn,
} from '@trestle/tables';
import { dataError } from '../data-error.ts';
import { type WrittenPart, writePart } from './write-part.ts';

export interface PartsToWrite {
  readonly files: readonly LocalSource[];
  readonly reading: Reading;
  /** The columns of the version that is appended to. */
  readonly base: readonly TypedColumn[] | undefined;
  /** A workspace; each part gets a folder of its own in it. */
  readonly dir: string;
}

interface WrittenParts {
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
  const { columns, ready, notes } = await sourceColumns(engine, files, { ...reading, fromSample }, base);
  const parts: WrittenPart[] = [];
  for (const [index, { source, relation }] of ready.entries()) {
    ctx.progress({ step: `writing ${source.shown}`, fraction: 0.3 + (0.3 * index) / ready.length });
    const own = join(dir, `part-${index}`);
    await mkdir(own, { recursive: true });
    const part = await readingSource(source, () =>
      writeExact(engine, { source, relation }, columns, own, base !== undefined),
    );
    if (source.format === 'csv' || source.format === 'tsv') await checkRejects(engine, source);
    if (part.rows > 0) parts.push(part);
  }
  return { columns, parts, notes };
}

/** Writes a part in which every value is the one that was read. @throws TRS_DATA_VALUE_CHANGED naming column and row */
export async function writeExact(
  engine: Engine,
  { source, relation }: ReadySource,
  columns: readonly TypedColumn[],
  dir: string,
  isBehind: boolean,
): Promise<WrittenPart> {
  const found = await describeRelation(engine, relation);
  try {
    return await writePart(engine, exactRelation(relation, columns, found), columns, dir);
  } catch (thrown) {
    const misfit = isInexact(thrown) ? await misfitIn(engine, relation, columns, found) : undefined;
    if (!misfit) throw thrown;
    const { column, row, value } = misfit;
    const type = columns.find(({ name }) => name === column)?.type ?? 'string';
    // Its header is the first line.
    const place =
      source.format === 'csv' || source.format === 'tsv'
        ? `row ${row} (line ${row + 1}, where no value is longer than a line)`
        : `row ${row}`;
    throw dataError('VALUE_CHANGED', {
      kind: 'invalid',
      message: `"${source.shown}": ${place} of column "${column}" holds ${JSON.stringify(value.slice(0, 100))}, which is no ${type}${isBehind ? ' of this dataset' : ''} without becoming another value.`,
      hint: isBehind
        ? `Nothing was added. Add all rows as a new version (without --append), or give the column a wider type there: --type ${shellWord(`${column}=string`)}.`
        : `Nothing was added. As texts all values stay what they are: --type ${shellWord(`${column}=string`)}.`,
      details: { column, row, value, type },
    });
  }
}
