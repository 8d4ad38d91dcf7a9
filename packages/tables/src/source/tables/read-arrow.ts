import { createReadStream } from 'node:fs';
import type { ColumnType } from '@trestle/statistics';
import type { DataType, RecordBatch } from 'apache-arrow';
import { dataError } from '../../data-error.ts';
import type { TypedRows } from './typed-rows.ts';

/** Arrow IPC, as a file (Feather) or a stream, batch by batch. @throws TRS_DATA_ARROW when it is none */
export async function readArrow(path: string, shown: string): Promise<TypedRows> {
  const { DataType, RecordBatchReader } = await import('apache-arrow');
  const typeOf = (type: DataType): ColumnType => {
    if (DataType.isDictionary(type)) return typeOf(type.dictionary);
    if (DataType.isInt(type)) return 'integer';
    if (DataType.isFloat(type) || DataType.isDecimal(type)) return 'number';
    if (DataType.isBool(type)) return 'boolean';
    return DataType.isDate(type) || DataType.isTimestamp(type) ? 'timestamp' : 'string';
  };
  const broken = (cause: unknown) =>
    dataError('ARROW', {
      kind: 'invalid',
      message: `"${shown}" cannot be read as Arrow IPC: ${cause instanceof Error ? cause.message : cause}.`,
      hint: 'It may be cut off, or compressed inside (Feather with LZ4 or ZSTD): write it without, or as Parquet.',
      cause,
    });
  const open = async () => {
    const reader = await RecordBatchReader.from(createReadStream(path));
    return await reader.open();
  };
  const reader = await open().catch((cause: unknown) => {
    throw broken(cause);
  });
  // Not a reader of rows, but of nothing: what is no Arrow file at all has no schema.
  const fields = reader.schema?.fields;
  if (!fields || fields.length === 0) throw broken('it has no columns');
  const columns = fields.map((field) => ({ name: field.name, type: typeOf(field.type) }));
  return {
    columns,
    rows: (async function* () {
      try {
        for await (const batch of reader) yield* rowsOf(batch, columns);
      } catch (cause) {
        throw broken(cause);
      }
    })(),
  };
}

function* rowsOf(batch: RecordBatch, columns: TypedRows['columns']): Generator<readonly unknown[]> {
  const vectors = columns.map((_, index) => batch.getChildAt(index));
  for (let row = 0; row < batch.numRows; row++) {
    yield columns.map(({ type }, index) => {
      const value: unknown = vectors[index]?.get(row);
      if (value === null || value === undefined) return null;
      // Dates and times are milliseconds since 1970, whatever their unit is in the file.
      if (type === 'timestamp') return new Date(Number(value));
      return type === 'number' && typeof value !== 'number' ? String(value) : value;
    });
  }
}
