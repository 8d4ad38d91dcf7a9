import {
  type Data,
  DataType,
  DateUnit,
  type Decimal,
  type Dictionary,
  type FixedSizeList,
  type LargeList,
  type List,
  type Map_,
  makeVector,
  type Struct,
  TimeUnit,
  type Vector,
} from 'apache-arrow';
import { decimalText, momentText, timeOfDayText } from './exact-text.ts';

// What `Vector.get` of the library gives of decimals (their digits without the point), of timestamps (milliseconds) and of
// times of day (a number without its unit) is not the value; so these are read from the memory of the column itself.

const PER_SECOND: Readonly<Record<number, bigint>> = {
  [TimeUnit.SECOND]: 1n,
  [TimeUnit.MILLISECOND]: 1_000n,
  [TimeUnit.MICROSECOND]: 1_000_000n,
  [TimeUnit.NANOSECOND]: 1_000_000_000n,
};

/** Units of a second that a type of times counts in. */
export const perSecond = (unit: TimeUnit): bigint => PER_SECOND[unit] ?? 1n;

const raw = (data: Data, index: number): bigint => BigInt(data.values[index]);

/** The number of a decimal, which lies in words of 32 bits, the lowest first, as two's complement. */
function unscaled(data: Data<Decimal>, index: number): bigint {
  const { bitWidth } = data.type;
  const words = bitWidth / 32;
  let value = 0n;
  for (let word = words - 1; word >= 0; word--)
    value = (value << 32n) | BigInt.asUintN(32, BigInt(data.values[index * words + word] ?? 0));
  return BigInt.asIntN(bitWidth, value);
}

/** A value of a column: a number, a bigint, a truth, bytes, or its text where JavaScript has nothing that is exact. */
export function arrowValue(data: Data, index: number): unknown {
  const { type } = data;
  if (!data.getValid(index)) return null;
  if (DataType.isDictionary(type)) return inDictionary(data as Data<Dictionary>, index);
  if (DataType.isDecimal(type)) return decimalText(unscaled(data as Data<Decimal>, index), type.scale);
  if (DataType.isTimestamp(type)) return momentText(raw(data, index), perSecond(type.unit));
  if (DataType.isDate(type))
    return type.unit === DateUnit.DAY
      ? momentText(raw(data, index) * 86_400n, 1n)
      : momentText(raw(data, index), 1_000n);
  if (DataType.isTime(type)) return timeOfDayText(raw(data, index), perSecond(type.unit));
  if (DataType.isDuration(type)) return raw(data, index);
  if (isNested(type)) return nestedText(data, index);
  return get(data, index);
}

/** Vectors of the library, which reads types of which it gives the value. */
const vectors = new WeakMap<Data, Vector>();

function get(data: Data, index: number): unknown {
  const vector = vectors.get(data) ?? makeVector(data);
  vectors.set(data, vector);
  return vector.get(index);
}

function inDictionary(data: Data<Dictionary>, index: number): unknown {
  let at = Number(data.values[index]);
  for (const part of data.dictionary?.data ?? []) {
    if (at < part.length) return arrowValue(part, at);
    at -= part.length;
  }
  return null;
}

export const isNested = (type: DataType): boolean =>
  DataType.isList(type) ||
  DataType.isLargeList(type) ||
  DataType.isFixedSizeList(type) ||
  DataType.isStruct(type) ||
  DataType.isMap(type);

/** A value as JSON text, spelt as the engine spells that of a Parquet file. */
function nestedText(data: Data, index: number): string {
  const { type } = data;
  if (!data.getValid(index)) return 'null';
  if (DataType.isList(type) || DataType.isLargeList(type)) {
    const { children, valueOffsets } = data as Data<List | LargeList>;
    return listText(children[0], Number(valueOffsets[index] ?? 0), Number(valueOffsets[index + 1] ?? 0));
  }
  if (DataType.isFixedSizeList(type)) {
    const [child] = (data as Data<FixedSizeList>).children;
    return listText(child, index * type.listSize, (index + 1) * type.listSize);
  }
  if (DataType.isStruct(type)) {
    const { children } = data as Data<Struct>;
    const fields = type.children.map(
      (field, at) =>
        `${JSON.stringify(field.name)}:${children[at] ? nestedText(children[at], index) : 'null'}`,
    );
    return `{${fields.join(',')}}`;
  }
  if (DataType.isMap(type)) {
    const { valueOffsets, children } = data as Data<Map_>;
    const [keys, values] = children[0]?.children ?? [];
    const entries: string[] = [];
    for (let at = valueOffsets[index] ?? 0; at < (valueOffsets[index + 1] ?? 0); at++)
      if (keys && values) {
        const key = arrowValue(keys, at);
        entries.push(`${JSON.stringify(String(key))}:${nestedText(values, at)}`);
      }
    return `{${entries.join(',')}}`;
  }
  return scalarText(type, arrowValue(data, index));
}

function listText(child: Data | undefined, from: number, to: number): string {
  const items: string[] = [];
  if (child) for (let at = from; at < to; at++) items.push(nestedText(child, at));
  return `[${items.join(',')}]`;
}

function scalarText(type: DataType, value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return 'null';
    const isWhole = DataType.isFloat(type) && Number.isInteger(value) && Math.abs(value) < 1e15;
    return isWhole ? `${value}.0` : String(value);
  }
  // The engine writes decimals inside of JSON as numbers.
  if (DataType.isDecimal(type) && typeof value === 'string')
    return String(Number(value)) === value ? value : value.replace(/\.?0+$/, '');
  if (DataType.isDate(type) && typeof value === 'string') return JSON.stringify(value.slice(0, 10));
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
  return JSON.stringify(value);
}
