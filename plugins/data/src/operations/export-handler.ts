import { copyFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '@trestle/kernel';
import { compressionFromName, formatOf } from '@trestle/tables';
import { literal } from '@trestle/tables/sql';
import type { Publication } from '../croissant/croissant.ts';
import { exportCroissant } from '../croissant/export-croissant.ts';
import { dataError } from '../data-error.ts';
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
  if (format === 'arrow' || format === 'excel' || format === 'sqlite') {
    throw dataError('FORMAT', {
      kind: 'unsupported',
      message: `A version is not written as ${format}.`,
      hint: 'Use .csv, .tsv, .json, .jsonl or .parquet.',
    });
  }
  const path = await ctx.files.write(input.path);
  const manifest = await readManifest(ctx, version.digest);
  await withVersion(ctx, manifest, ctx.signal, async (engine, relation, dir) => {
    const made = join(dir, 'export');
    const options =
      format === 'parquet' || compression === 'none'
        ? COPY_OPTIONS[format]
        : `${COPY_OPTIONS[format]}, COMPRESSION ${compression}`;
    await engine.run(`COPY (SELECT * FROM ${relation}) TO ${literal(made)} (${options})`);
    const beside = `${path}.${ctx.requestId}.partial`;
    try {
      await copyFile(made, beside);
      await rename(beside, path);
    } finally {
      await rm(beside, { force: true });
    }
  });
  return { path: input.path, rows: version.rows };
}
