import { dirname } from 'node:path';
import type { DuckDBValue } from '@duckdb/node-api';
import type { Batch, BatchColumn, Column, ColumnType, ReadOptions } from '@trestle/contracts';
import { didYouMean, type Scope } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { dataError } from '../data-error.ts';
import { type Engine, openEngine } from '../engine/engine.ts';
import { identifier } from '../engine/quote.ts';
import { parquetRelation, partFiles } from './version-relation.ts';
import { readManifest, resolveVersion } from './versions.ts';

const DEFAULT_BATCH_ROWS = 8_192;

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
  const engine = await openEngine(scope, {
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

/** What each type is turned into by the engine, so that reading a value here is a plain conversion. */
const READ_AS: Readonly<Record<ColumnType, (column: string) => string>> = {
  integer: (column) => `CAST(${column} AS DOUBLE)`,
  number: (column) => column,
  timestamp: (column) => `CAST(epoch_ms(${column}) AS DOUBLE)`,
  boolean: (column) => column,
  string: (column) => column,
};

function selectColumns(relation: string, columns: readonly Column[], orderBy: string | undefined): string {
  const list = columns.map(({ name, type }) => READ_AS[type](identifier(name))).join(', ');
  if (orderBy === undefined) return `SELECT ${list} FROM ${relation}`;
  // Rows of one time keep the order in which they were added, so that a split by time is the same every time.
  const numbered = `(SELECT *, row_number() OVER () AS "trestle row" FROM ${relation})`;
  return `SELECT ${list} FROM ${numbered} ORDER BY ${identifier(orderBy)} ASC NULLS LAST, "trestle row"`;
}

async function* batches(
  engine: Engine,
  sql: string,
  columns: readonly Column[],
  batchRows: number,
): AsyncGenerator<Batch> {
  let buffers: DuckDBValue[][] = columns.map(() => []);
  let buffered = 0;
  const take = (count: number): Batch => {
    const parts = buffers.map((values) => values.slice(0, count));
    buffers = buffers.map((values) => values.slice(count));
    buffered -= count;
    return {
      rows: count,
      columns: Object.fromEntries(
        columns.map(({ name, type }, index) => [name, toColumn(type, parts[index] ?? [])]),
      ),
    };
  };
  for await (const chunk of engine.chunks(sql)) {
    for (const [index, values] of chunk.columns.entries())
      for (const value of values) buffers[index]?.push(value);
    buffered += chunk.rows;
    while (buffered >= batchRows) yield take(batchRows);
  }
  if (buffered > 0) yield take(buffered);
}

function toColumn(type: ColumnType, values: readonly DuckDBValue[]): BatchColumn {
  if (type === 'string')
    return { type, values: values.map((value) => (value === null ? null : String(value))) };
  if (type === 'boolean')
    return { type, values: values.map((value) => (value === null ? null : value === true)) };
  const numbers = Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)));
  return { type: type === 'timestamp' ? 'timestamp' : 'number', values: numbers };
}

function chooseColumns(all: readonly Column[], wanted: readonly string[] | undefined): readonly Column[] {
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
