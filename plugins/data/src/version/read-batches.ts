import { dirname } from 'node:path';
import type { Batch, Column, ReadOptions } from '@trestle/contracts';
import { didYouMean, type Scope } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { batches, DEFAULT_BATCH_ROWS, openEngine, selectColumns } from '@trestle/tables';
import { dataConfig } from '../config/data-config.ts';
import { dataError } from '../data-error.ts';
import { parquetRelation, partFiles } from './version-relation.ts';
import { readManifest, resolveVersion } from './versions.ts';

/** Streams a version in batches; memory is bounded by the batch. @throws TRS_DATA_UNKNOWN_COLUMN */
export async function* readBatches(
  scope: Scope,
  reference: string,
  options: ReadOptions = {},
): AsyncGenerator<Batch> {
  const version = await resolveVersion(scope, reference);
  const columns = chooseColumns(version.columns, options.columns);
  if (options.orderBy !== undefined) chooseColumns(version.columns, [options.orderBy]);
  const files = await partFiles(scope, await readManifest(scope, version.digest));
  const workspace = await (await scope.service(blobsToken)).workspace();
  const engine = await openEngine(scope.config(dataConfig), {
    files,
    dirs: [workspace.dir, ...new Set(files.map((file) => dirname(file)))],
  });
  try {
    const sql = selectColumns(parquetRelation(files), columns, options.orderBy);
    yield* batches(engine, sql, columns, options.batchRows ?? DEFAULT_BATCH_ROWS);
  } finally {
    engine.close();
    await workspace.remove();
  }
}

/** @throws TRS_DATA_UNKNOWN_COLUMN */
export function chooseColumns(
  all: readonly Column[],
  wanted: readonly string[] | undefined,
): readonly Column[] {
  if (!wanted) return all;
  return wanted.map((name) => {
    const column = all.find((one) => one.name === name);
    if (column) return column;
    const names = all.map((one) => one.name);
    throw dataError('UNKNOWN_COLUMN', {
      kind: 'invalid',
      message: `There is no column "${name}".${didYouMean(name, names)}`,
      hint: `Columns: ${names.join(', ')}.`,
      details: { column: name },
    });
  });
}
