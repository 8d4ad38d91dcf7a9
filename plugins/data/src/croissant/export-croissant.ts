import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DatasetVersion } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { literal } from '@trestle/tables/sql';
import { dataError } from '../data-error.ts';
import { withVersion } from '../version/version-relation.ts';
import { listVersions, readManifest } from '../version/versions.ts';
import { croissant, missingOf, type Publication, type RowsFile } from './croissant.ts';

/** The name under which tools look for the description. */
const DOCUMENT = 'croissant.json';

/** Writes a folder with the rows as Parquet and the document that describes them: whole, or not there. @throws TRS_DATA_EXISTS */
export async function exportCroissant(
  ctx: Context,
  version: DatasetVersion,
  input: Publication & { readonly path: string },
) {
  const path = await ctx.files.write(input.path);
  await refuseFull(path, input.path);
  const manifest = await readManifest(ctx, version.digest);
  const createdAt = (await listVersions(ctx, version.dataset)).at(-1)?.createdAt ?? version.createdAt;
  await withVersion(ctx, manifest, ctx.signal, async (engine, relation, dir) => {
    const made = join(dir, 'export');
    await engine.run(
      `COPY (SELECT * FROM ${relation}) TO ${literal(made)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    const beside = `${path}.${ctx.requestId}.partial`;
    try {
      await mkdir(beside);
      const file = await copyHashed(made, beside, `${version.dataset}.parquet`);
      const document = croissant(version, createdAt, file, input);
      await writeFile(join(beside, DOCUMENT), `${JSON.stringify(document, undefined, 2)}\n`);
      await rename(beside, path);
    } finally {
      await rm(beside, { recursive: true, force: true });
    }
  });
  return { path: input.path, rows: version.rows, missing: [...missingOf(input)] };
}

async function copyHashed(from: string, dir: string, name: string): Promise<RowsFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    createReadStream(from),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.byteLength;
        yield chunk;
      }
    },
    createWriteStream(join(dir, name)),
  );
  return { name, bytes, sha256: hash.digest('hex') };
}

async function refuseFull(path: string, shown: string): Promise<void> {
  const names = await readdir(path).catch((thrown: NodeJS.ErrnoException) =>
    thrown.code === 'ENOENT' ? [] : [thrown.code],
  );
  if (names.length === 0) return;
  throw dataError('EXISTS', {
    kind: 'conflict',
    message: `"${shown}" is there already, and is no empty folder.`,
    hint: 'Name a folder that is not there yet.',
  });
}
