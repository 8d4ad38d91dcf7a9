import { join } from 'node:path';
import { DuckDBMapValue, type DuckDBValue } from '@duckdb/node-api';
import type { Column } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { type Engine, type Parameters, storedTypeOf, type TypedColumn } from '@trestle/tables';
import { identifier, literal } from '@trestle/tables/sql';
import { dataError } from '../data-error.ts';
import { putPinnedFile } from './blob-pins.ts';

/** A Parquet file of a relation, in the order of its rows, and what is in it. Not yet a blob. */
export interface WrittenPart {
  readonly path: string;
  readonly bytes: number;
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
    (column) => `CAST(${identifier(column.name)} AS ${storedTypeOf(column)}) AS ${identifier(column.name)}`,
  );
  const [written] = await engine.rows(
    `COPY (SELECT ${list.join(', ')} FROM ${relation}) TO ${literal(path)}
      (FORMAT parquet, COMPRESSION zstd, RETURN_STATS)`,
    values,
  );
  const nulls = nullsIn(written?.column_statistics);
  return {
    path,
    bytes: Number(written?.file_size_bytes ?? 0),
    rows: Number(written?.count ?? 0),
    columns: columns.map(({ name, type, about, stored }) => ({
      name,
      type,
      about,
      stored,
      nulls: nulls.get(identifier(name)) ?? 0,
    })),
  };
}

/** Missing values by column, from the statistics that the engine wrote into the file and tells of. */
function nullsIn(statistics: DuckDBValue | undefined): ReadonlyMap<DuckDBValue, number> {
  const columns = statistics instanceof DuckDBMapValue ? statistics.entries : [];
  return new Map(
    columns.map(({ key, value }) => {
      const facts = value instanceof DuckDBMapValue ? value.entries : [];
      return [key, Number(facts.find((fact) => fact.key === 'null_count')?.value ?? 0)];
    }),
  );
}

/** @param shown as it stands in a sentence @throws TRS_DATA_EMPTY */
export function checkRows(part: WrittenPart, shown: string): void {
  if (part.rows === 0) throw noRows(shown);
}

/** @param shown as it stands in a sentence */
export const noRows = (shown: string) =>
  dataError('EMPTY', {
    kind: 'invalid',
    message: `${shown} has no rows.`,
    hint: 'A dataset needs at least one row.',
  });

/** Makes a blob of a written part. @param shown as it stands in a sentence @throws TRS_DATA_EMPTY when it has no rows */
export async function storePart(
  scope: Scope,
  part: WrittenPart,
  shown: string,
): Promise<{ digest: string; rows: number }> {
  checkRows(part, shown);
  const { digest } = await putPinnedFile(scope, part.path);
  return { digest, rows: part.rows };
}
