import { createReadStream } from 'node:fs';
import type { ColumnType } from '@trestle/statistics';
import { DataType, type RecordBatch, RecordBatchReader, TimeUnit } from 'apache-arrow';
import { dataError } from '../../data-error.ts';
import type { ReadContext, SourceRequest } from '../source.ts';
import { arrowValue, isNested } from './arrow-value.ts';
import type { OpenedTable } from './opened-rows.ts';

/** Arrow IPC, as a file (Feather) or a stream, batch by batch. @throws TRS_DATA_ARROW when it is none, or of types that are not read */
export async function readArrow(
  _ctx: ReadContext,
  { address: path, shown }: SourceRequest,
): Promise<OpenedTable> {
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
  const columns = fields.map(({ name, type }) => {
    const known = typeOf(type);
    if (known) return { name, type: known, isDigits: isDigits(type), places: placesOf(type) };
    throw dataError('ARROW', {
      kind: 'unsupported',
      message: `"${shown}": column "${name}" is of the type ${type}, which is not read.`,
      hint: 'Write it as another type, or leave the column out.',
      details: { column: name },
    });
  });
  const notes = new Set(fields.flatMap(({ name, type }) => noteOf(name, type)));
  const nanoseconds = fields.flatMap(({ type }, index) => (hasNanoseconds(type) ? [index] : []));
  return {
    kind: 'table',
    columns,
    notes,
    rows: (async function* () {
      try {
        for await (const batch of reader) {
          for (const index of nanoseconds)
            if (losesNanoseconds(batch, index))
              notes.add(
                `Column "${fields[index]?.name}": times are kept to the microsecond; the nanoseconds of some are cut off.`,
              );
          yield* rowsOf(batch);
        }
      } catch (cause) {
        throw broken(cause);
      }
    })(),
  };
}

/** What a type is to a user; undefined for one that is not read. */
function typeOf(type: DataType): ColumnType | undefined {
  if (DataType.isDictionary(type)) return typeOf(type.dictionary);
  if (DataType.isInt(type) || DataType.isDuration(type)) return 'integer';
  if (DataType.isFloat(type) || DataType.isDecimal(type)) return 'number';
  if (DataType.isBool(type)) return 'boolean';
  if (DataType.isDate(type) || DataType.isTimestamp(type)) return 'timestamp';
  if (isNested(type))
    return type.children.every((field) => typeOf(field.type) !== undefined) ? 'string' : undefined;
  return DataType.isInterval(type) || DataType.isUnion(type) ? undefined : 'string';
}

/** Values of which the digits are kept: they decide how the column is stored. */
function isDigits(type: DataType): boolean {
  if (DataType.isDictionary(type)) return isDigits(type.dictionary);
  return DataType.isDecimal(type) || (DataType.isInt(type) && !type.isSigned && type.bitWidth === 64);
}

function placesOf(type: DataType): number | undefined {
  if (DataType.isDictionary(type)) return placesOf(type.dictionary);
  return DataType.isDecimal(type) ? type.scale : undefined;
}

function noteOf(name: string, type: DataType): string[] {
  if (DataType.isTimestamp(type) && type.timezone)
    return [`Column "${name}": times with the zone ${type.timezone} are kept as UTC.`];
  if (DataType.isDuration(type))
    return [
      `Column "${name}": durations are kept as whole numbers of ${TimeUnit[type.unit]?.toLowerCase()}s.`,
    ];
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isFixedSizeBinary(type))
    return [`Column "${name}": bytes are kept as text in base64.`];
  return [];
}

const hasNanoseconds = (type: DataType): boolean =>
  DataType.isTimestamp(type) && type.unit === TimeUnit.NANOSECOND;

function losesNanoseconds(batch: RecordBatch, index: number): boolean {
  const [data] = batch.getChildAt(index)?.data ?? [];
  if (!data) return false;
  for (let row = 0; row < data.length; row++)
    if (data.getValid(row) && BigInt(data.values[row]) % 1_000n !== 0n) return true;
  return false;
}

function* rowsOf(batch: RecordBatch): Generator<readonly unknown[]> {
  const { children } = batch.data;
  for (let row = 0; row < batch.numRows; row++) yield children.map((data) => arrowValue(data, row));
}
