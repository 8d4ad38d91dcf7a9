import { join } from 'node:path';
import type { Column } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { dataError } from '../data-error.ts';
import type { TypedColumn } from '../engine/batches.ts';
import { STORED_TYPES } from '../engine/column-types.ts';
import type { Engine, Parameters } from '../engine/engine.ts';
import { identifier, literal } from '../engine/quote.ts';
import { putPinnedFile } from '../retention/blob-pins.ts';

/** A Parquet file of a relation, in the order of its rows, and what is in it. Not yet a blob. */
export interface WrittenPart {
  readonly path: string;
  readonly rows: number;
  readonly columns: readonly Column[];
}

/** Writes a relation as one Parquet file in which every column has its stored type. */
export async function writePart(
  engine: Engine,
  relation: string,
  columns: readonly TypedColumn[],
  dir: string,
  values: Parameters = [],
): Promise<WrittenPart> {
  const path = join(dir, 'part.parquet');
  const list = columns.map(
    ({ name, type }) => `CAST(${identifier(name)} AS ${STORED_TYPES[type]}) AS ${identifier(name)}`,
  );
  await engine.run(
    `COPY (SELECT ${list.join(', ')} FROM ${relation}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
    values,
  );
  const { rows, nulls } = await countsOf(engine, path);
  return {
    path,
    rows,
    columns: columns.map(({ name, type, about }, index) => ({
      name,
      type,
      about,
      nulls: nulls.get(index) ?? 0,
    })),
  };
}

/** Rows and missing values, from the statistics that the engine wrote into the file. */
async function countsOf(
  engine: Engine,
  path: string,
): Promise<{ readonly rows: number; readonly nulls: ReadonlyMap<number, number> }> {
  const [file] = await engine.rows(`SELECT num_rows FROM parquet_file_metadata(${literal(path)})`);
  const columns = await engine.rows(
    `SELECT column_id, sum(stats_null_count) AS nulls FROM parquet_metadata(${literal(path)}) GROUP BY 1`,
  );
  return {
    rows: Number(file?.num_rows ?? 0),
    nulls: new Map(columns.map((row) => [Number(row.column_id), Number(row.nulls ?? 0)])),
  };
}

/** Makes blobs of a written part. @param shown as it stands in a sentence @throws TRS_DATA_EMPTY when it has no rows */
export async function storePart(
  scope: Scope,
  part: WrittenPart,
  shown: string,
): Promise<{ digest: string; rows: number }> {
  if (part.rows === 0) {
    throw dataError('EMPTY', {
      kind: 'invalid',
      message: `${shown} has no rows.`,
      hint: 'A dataset needs at least one row.',
    });
  }
  const { digest } = await putPinnedFile(scope, part.path);
  return { digest, rows: part.rows };
}
