import { readFile } from 'node:fs/promises';
import { type Context, didYouMean } from '@trestle/kernel';
import { dataError } from '../data-error.ts';
import { eraseSubject } from '../erasure/erase-subject.ts';
import { listVersions, resolveVersion } from '../version/versions.ts';

export interface EraseInput {
  readonly name: string;
  readonly column: string;
  readonly values?: readonly string[] | undefined;
  readonly valuesFile?: string | undefined;
}

/** @throws TRS_DATA_NO_VALUES, TRS_DATA_UNKNOWN_COLUMN, TRS_DATA_ERASE_BUSY */
export async function erase(ctx: Context, input: EraseInput) {
  await resolveVersion(ctx, input.name);
  const versions = await listVersions(ctx, input.name);
  const names = new Set(versions.flatMap((version) => version.columns.map((column) => column.name)));
  if (!names.has(input.column)) {
    throw dataError('UNKNOWN_COLUMN', {
      kind: 'invalid',
      message: `No version of "${input.name}" has a column "${input.column}".${didYouMean(input.column, names)}`,
      hint: `Columns: ${[...names].join(', ')}.`,
      details: { column: input.column },
    });
  }
  const { id, ...erased } = await eraseSubject(ctx, {
    dataset: input.name,
    column: input.column,
    values: await valuesOf(ctx, input),
  });
  return {
    erasure: id,
    dataset: input.name,
    ...erased,
    versions: [...erased.versions],
    beyond: [...erased.beyond],
  };
}

async function valuesOf(ctx: Context, input: EraseInput): Promise<readonly string[]> {
  const file = input.valuesFile;
  const lines = file === undefined ? [] : (await readFile(await ctx.files.read(file), 'utf8')).split(/\r?\n/);
  const values = [...(input.values ?? []), ...lines.filter((line) => line !== '')];
  if (values.length > 0) return values;
  throw dataError('NO_VALUES', {
    kind: 'invalid',
    message: 'There is no value whose rows are to go.',
    hint: 'Name some with --values A,B, or a file with one a line with --values-file FILE.',
  });
}
