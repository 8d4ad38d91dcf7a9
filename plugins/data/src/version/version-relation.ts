import { dirname } from 'node:path';
import type { Scope } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { type Engine, openEngine } from '@trestle/tables';
import { literal } from '@trestle/tables/sql';
import { dataConfig } from '../config/data-config.ts';
import type { Manifest } from './manifest.ts';

/** The checked local files of a version's parts. */
export async function partFiles(scope: Scope, manifest: Manifest): Promise<readonly string[]> {
  const blobs = await scope.service(blobsToken);
  return await Promise.all(manifest.parts.map((part) => blobs.localPath(part.digest)));
}

/** Of the files alone: a folder above them that is called `run=5` is no column of theirs. */
export const parquetRelation = (files: readonly string[]): string =>
  `read_parquet([${files.map(literal).join(', ')}], hive_partitioning = false)`;

/** Runs some work with an engine in which the version can be read, and files written into `dir`; `more` files may be read too. */
export async function withVersion<T>(
  scope: Scope,
  manifest: Manifest,
  signal: AbortSignal | undefined,
  work: (engine: Engine, relation: string, dir: string) => Promise<T>,
  more: readonly string[] = [],
): Promise<T> {
  const workspace = await (await scope.service(blobsToken)).workspace();
  const files = await partFiles(scope, manifest);
  const engine = await openEngine(scope.config(dataConfig), {
    files: [...files, ...more],
    dirs: [workspace.dir, ...new Set(files.map((file) => dirname(file)))],
    signal,
  });
  try {
    return await work(engine, parquetRelation(files), workspace.dir);
  } finally {
    engine.close();
    await workspace.remove();
  }
}
