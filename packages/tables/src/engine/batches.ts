import type { DuckDBValue } from '@duckdb/node-api';
import type { Batch, BatchColumn, ColumnType, StoredType } from '@trestle/statistics';
import type { Engine } from './engine.ts';
import { identifier } from './quote.ts';

export interface TypedColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly about?: 'file' | undefined;
  readonly stored?: StoredType | undefined;
}

export const DEFAULT_BATCH_ROWS = 8_192;

/** What each type is turned into by the engine, so that reading a value here is a plain conversion. */
const READ_AS: Readonly<Record<ColumnType, (column: string) => string>> = {
  integer: (column) => `CAST(${column} AS DOUBLE)`,
  // A decimal too.
  number: (column) => `CAST(${column} AS DOUBLE)`,
  // Microseconds are the fraction, as far as a double tells one from the next: from the year 1684 to 2255.
  timestamp: (column) =>
    `(CASE WHEN epoch_us(${column}) BETWEEN ${-(2 ** 53)} AND ${2 ** 53} THEN epoch_us(${column}) / 1000 ELSE CAST(epoch_ms(${column}) AS DOUBLE) END)`,
  boolean: (column) => column,
  string: (column) => column,
};

/** A query that reads columns as they go into batches, ascending by one of them if it is named. */
export function selectColumns(relation: string, columns: readonly TypedColumn[], orderBy?: string): string {
  const list = columns.map(({ name, type }) => READ_AS[type](identifier(name))).join(', ');
  if (orderBy === undefined) return `SELECT ${list} FROM ${relation}`;
  // Rows of one time keep the order in which they were added, so that a split by time is the same every time.
  const numbered = `(SELECT *, row_number() OVER () AS "trestle row" FROM ${relation})`;
  return `SELECT ${list} FROM ${numbered} ORDER BY ${identifier(orderBy)} ASC NULLS LAST, "trestle row"`;
}

/** The result of `selectColumns`, in batches; memory is bounded by the batch. */
export async function* batches(
  engine: Engine,
  sql: string,
  columns: readonly TypedColumn[],
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
