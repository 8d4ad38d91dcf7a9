import type { Batch, BatchColumn, Datasets, DatasetVersion } from '@trestle/contracts';
import type { Table, TableColumn } from '@trestle/features';
import { breathe } from '../breathe.ts';

/** Reads the chosen columns of a version, ordered by time if a column is named. Memory grows with rows x columns. */
export async function readTable(
  datasets: Datasets,
  version: DatasetVersion,
  columns: readonly string[],
  orderBy: string | undefined,
  signal: AbortSignal,
): Promise<Table> {
  const reference = `${version.dataset}@${version.version}`;
  const parts: Batch[] = [];
  const options = { columns, ...(orderBy === undefined ? {} : { orderBy }) };
  for await (const batch of datasets.read(reference, options)) {
    await breathe(signal);
    parts.push(batch);
  }
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const joined: Record<string, TableColumn> = {};
  for (const name of columns) {
    await breathe(signal);
    joined[name] = join(parts, name, rows);
  }
  return { rows, columns: joined };
}

function join(parts: readonly Batch[], name: string, rows: number): TableColumn {
  const columns = parts.flatMap((part) => part.columns[name] ?? []);
  const type = columns[0]?.type ?? 'number';
  if (type === 'string') {
    return {
      type,
      values: columns.flatMap((column) =>
        column.type === 'string' ? column.values.map((value) => value ?? '') : [],
      ),
    };
  }
  const values = new Float64Array(rows);
  let at = 0;
  for (const column of columns) {
    values.set(numbersOf(column), at);
    at += column.values.length;
  }
  return { type, values };
}

function numbersOf(column: BatchColumn): Float64Array {
  if (column.type === 'boolean')
    return Float64Array.from(column.values, (value) => (value === null ? Number.NaN : Number(value)));
  return column.type === 'string' ? new Float64Array(column.values.length) : column.values;
}

/** The rows at some indices, as a table of their own. */
export function takeRows(table: Table, indices: ArrayLike<number>): Table {
  const columns = Object.entries(table.columns).map(
    ([name, column]) => [name, takeColumn(column, indices)] as const,
  );
  return { rows: indices.length, columns: Object.fromEntries(columns) };
}

function takeColumn(column: TableColumn, indices: ArrayLike<number>): TableColumn {
  if (column.type === 'string')
    return { type: 'string', values: Array.from(indices, (index) => column.values[index] ?? '') };
  if (column.type === 'image') {
    const { perRow, texts, statistics } = column;
    const values = new Float32Array(indices.length * perRow);
    for (let at = 0; at < indices.length; at++) {
      const from = (indices[at] ?? 0) * perRow;
      values.set(column.values.subarray(from, from + perRow), at * perRow);
    }
    return {
      type: 'image',
      values,
      perRow,
      texts: Array.from(indices, (index) => texts[index] ?? ''),
      statistics: Array.from(indices, (index) => statistics[index] ?? {}),
    };
  }
  return {
    type: column.type,
    values: Float64Array.from(indices, (index) => column.values[index] ?? Number.NaN),
  };
}
