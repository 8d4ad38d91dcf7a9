import { copyFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Column } from '@trestle/contracts';
import { type Context, shellWord } from '@trestle/kernel';
import {
  compressionFromName,
  type Engine,
  formatOf,
  type ReadOtherwise,
  readOtherwise,
  storedTypeOf,
} from '@trestle/tables';
import { identifier, literal } from '@trestle/tables/sql';
import type { Publication } from '../croissant/croissant.ts';
import { exportCroissant } from '../croissant/export-croissant.ts';
import { withVersion } from '../version/version-relation.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';

const COPY_OPTIONS = {
  csv: 'FORMAT csv, HEADER',
  tsv: "FORMAT csv, HEADER, DELIMITER '\t'",
  json: 'FORMAT json, ARRAY true',
  jsonl: 'FORMAT json',
  parquet: 'FORMAT parquet, COMPRESSION zstd',
} as const;

export interface ExportInput extends Publication {
  readonly name: string;
  readonly path: string;
  readonly format?: keyof typeof COPY_OPTIONS | 'croissant' | undefined;
}

/** Writes a version beside its destination, then renames: the file is whole or not there. */
export async function exportVersion(ctx: Context, input: ExportInput) {
  const version = await resolveVersion(ctx, input.name);
  if (input.format === 'croissant') return await exportCroissant(ctx, version, input);
  const { format, compression } = input.format
    ? { format: input.format, compression: compressionFromName(input.path) }
    : formatOf(input.path);
  const path = await ctx.files.write(input.path);
  const manifest = await readManifest(ctx, version.digest);
  const notes: string[] = [];
  await withVersion(ctx, manifest, ctx.signal, async (engine, relation, dir) => {
    const made = join(dir, 'export');
    const options =
      format === 'parquet' || compression === 'none'
        ? COPY_OPTIONS[format]
        : `${COPY_OPTIONS[format]}, COMPRESSION ${compression}`;
    const isJson = format === 'json' || format === 'jsonl';
    const written = isJson ? await withoutNonFinite(engine, relation, version.columns, notes) : relation;
    if (format !== 'parquet')
      notes.push(...(await noteReadOtherwise(engine, relation, version.columns, isJson)));
    await engine.run(`COPY (SELECT * FROM ${written}) TO ${literal(made)} (${options})`);
    const beside = `${path}.${ctx.requestId}.partial`;
    try {
      await copyFile(made, beside);
      await rename(beside, path);
    } finally {
      await rm(beside, { force: true });
    }
  });
  return { path: input.path, rows: version.rows, notes };
}

/** JSON has no NaN and no infinities: they are null there, and counted. */
async function withoutNonFinite(
  engine: Engine,
  relation: string,
  columns: readonly Column[],
  notes: string[],
): Promise<string> {
  const names = columns
    .filter((column) => storedTypeOf(column) === 'DOUBLE')
    .map(({ name }) => ({ name, column: identifier(name) }));
  if (names.length === 0) return relation;
  const counts = names.map(
    ({ column }, index) => `count(*) FILTER (WHERE NOT isfinite(${column})) AS n${index}`,
  );
  const [row = {}] = await engine.rows(`SELECT ${counts.join(', ')} FROM ${relation}`);
  const odd = names.filter((_, index) => Number(row[`n${index}`]) > 0);
  for (const [index, { name }] of names.entries())
    if (Number(row[`n${index}`]) > 0)
      notes.push(
        `Column "${name}": JSON has no NaN and no infinities; ${row[`n${index}`]} of them are null in the file.`,
      );
  if (odd.length === 0) return relation;
  const values = odd.map(({ column }) => `CASE WHEN isfinite(${column}) THEN ${column} END AS ${column}`);
  return `(SELECT * REPLACE (${values.join(', ')}) FROM ${relation})`;
}

const WORDS: Readonly<Record<ReadOtherwise['type'], string>> = {
  integer: 'whole numbers',
  number: 'numbers',
  boolean: 'truths',
  timestamp: 'times',
  string: 'texts',
};

/** A text file says no types: what would be another one when it is added again. */
async function noteReadOtherwise(
  engine: Engine,
  relation: string,
  columns: readonly Column[],
  inStrings: boolean,
): Promise<string[]> {
  const found = await readOtherwise(engine, relation, columns, inStrings);
  return found.map(({ name, type, as }) => {
    const why =
      as === undefined
        ? 'it has no value to tell its type from'
        : type === 'string'
          ? `its texts all look like ${WORDS[as]}`
          : `some of its ${WORDS[type]} are written as no reader takes for one`;
    return `Column "${name}": ${why}; who adds the file again says --type ${shellWord(`${name}=${type}`)}.`;
  });
}
