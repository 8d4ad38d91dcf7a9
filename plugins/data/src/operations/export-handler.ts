import { copyFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '@trestle/kernel';
import { dataError } from '../data-error.ts';
import { literal } from '../engine/quote.ts';
import { formatOf } from '../source/file-format.ts';
import { withVersion } from '../version/version-relation.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';

const COPY_OPTIONS = {
  csv: 'FORMAT csv, HEADER',
  tsv: "FORMAT csv, HEADER, DELIMITER '\t'",
  json: 'FORMAT json, ARRAY true',
  jsonl: 'FORMAT json',
  parquet: 'FORMAT parquet, COMPRESSION zstd',
} as const;

/** Writes a version beside its destination, then renames: the file is whole or not there. */
export async function exportVersion(ctx: Context, input: { readonly name: string; readonly path: string }) {
  const version = await resolveVersion(ctx, input.name);
  const { format, compression } = formatOf(input.path);
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
