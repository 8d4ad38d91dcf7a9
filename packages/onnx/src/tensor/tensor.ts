import { arrayTypeOf, type ElementType, floatFormat, integerRange } from '../format/element-types.ts';
import { roundTo } from '../format/float-formats.ts';
import type { TensorData, TypedArray, ValueType } from '../format/model.ts';
import { OnnxError } from '../onnx-error.ts';

export type NumberArray = Exclude<TypedArray, BigInt64Array | BigUint64Array>;
export type BigArray = BigInt64Array | BigUint64Array;
export type Data = TypedArray | readonly string[];

/** A tensor on the host, exact in its element type. */
export interface Tensor {
  readonly kind: 'tensor';
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: Data;
}

export interface Sequence {
  readonly kind: 'sequence';
  readonly type: ValueType;
  readonly items: readonly Value[];
}

export interface Optional {
  readonly kind: 'optional';
  readonly type: ValueType;
  readonly value: Value | undefined;
}

export interface Table {
  readonly kind: 'map';
  readonly type: ValueType;
  readonly entries: ReadonlyMap<string | bigint, number | string | bigint>;
}

/** What flows between operators. */
export type Value = Tensor | Sequence | Optional | Table;

/** What one tensor may take: a graph of a few bytes can ask for any size. */
const MAX_TENSOR_BYTES = 2 ** 29;

export const sizeOf = (dims: readonly number[]): number => {
  let size = 1;
  for (const length of dims) size *= length;
  return size;
};

/**
 * Checks what a shape takes, before it is allocated.
 *
 * @throws TRS_ONNX_TOO_LARGE
 */
export function checkSize(dims: readonly number[], type: ElementType = 'float32'): number {
  const size = sizeOf(dims);
  const isShape = dims.every((length) => Number.isSafeInteger(length) && length >= 0);
  const width =
    type === 'string' ? 8 : (arrayTypeOf(type) as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
  if (isShape && size * width <= MAX_TENSOR_BYTES) return size;
  throw new OnnxError(
    'TOO_LARGE',
    `A tensor of the shape [${dims.slice(0, 16).join(', ')}] of ${type} is ${isShape ? 'larger than what one tensor may take' : 'no shape'}.`,
    `One tensor takes at most ${MAX_TENSOR_BYTES / 2 ** 20} MiB. Look at what the graph computes its shapes from.`,
  );
}

type DataOf<T extends ElementType> = T extends 'string'
  ? string[]
  : T extends 'int64'
    ? BigInt64Array
    : T extends 'uint64'
      ? BigUint64Array
      : T extends 'float32' | 'float16'
        ? Float32Array
        : NumberArray;

/** Zeros, or '' for texts. @throws TRS_ONNX_TOO_LARGE */
export function newData<T extends ElementType>(type: T, size: number): DataOf<T> {
  checkSize([size], type);
  if (type === 'string') return new Array<string>(size).fill('') as DataOf<T>;
  const TypedArrayOfType = arrayTypeOf(type) as new (length: number) => TypedArray;
  // The table of types says which array belongs to which.
  return new TypedArrayOfType(size) as unknown as DataOf<T>;
}

export const make = (type: ElementType, dims: readonly number[], data: Data): Tensor => ({
  kind: 'tensor',
  type,
  dims,
  data,
});

export const floats = (dims: readonly number[], data: Float32Array): Tensor => make('float32', dims, data);
export const texts = (dims: readonly number[], data: readonly string[]): Tensor => make('string', dims, data);
export const longs = (dims: readonly number[], values: Iterable<number>): Tensor =>
  make(
    'int64',
    dims,
    BigInt64Array.from(values, (value) => BigInt(value)),
  );

export const isBig = (data: Data): data is BigArray =>
  data instanceof BigInt64Array || data instanceof BigUint64Array;
export const isText = (data: Data): data is readonly string[] => Array.isArray(data);

/** The elements of a tensor of numbers that are no 64-bit integers. */
export function numbersOf(tensor: Tensor): NumberArray {
  if (isBig(tensor.data) || isText(tensor.data))
    throw new TypeError(`${tensor.type} is not computed in doubles`);
  return tensor.data;
}

/** The elements as doubles, also those of 64-bit integers (to the nearest double). */
export function doublesOf({ data }: Tensor): NumberArray {
  if (isBig(data)) return Float64Array.from(data, Number);
  if (isText(data)) throw new TypeError('texts are no numbers');
  return data;
}

/** The elements as a list of doubles of their own: loops over one kind of array are several times as fast as over any. */
export const wideOf = (x: Tensor): Float64Array => Float64Array.from(doublesOf(x));

export function textsOf({ data }: Tensor): readonly string[] {
  if (isText(data)) return data;
  throw new TypeError('numbers are no texts');
}

/** The elements as integers: lengths, axes, indices. What is beyond 2^53 is far beyond any of them. */
export const integersOf = ({ data }: Tensor): number[] =>
  Array.from<string | number | bigint, number>(data, Number);

/** Rounds what was computed in doubles to what the type holds; the typed array itself wraps integers. */
export function fit(type: ElementType, data: NumberArray): NumberArray {
  const format = floatFormat(type);
  if (format) for (let i = 0; i < data.length; i++) data[i] = roundTo(format, data[i] ?? 0);
  else if (type === 'int4' || type === 'int2') wrapSmall(data, type === 'int4' ? 4 : 2, true);
  else if (type === 'uint4' || type === 'uint2') wrapSmall(data, type === 'uint4' ? 4 : 2, false);
  return data;
}

function wrapSmall(data: NumberArray, bits: number, isSigned: boolean): void {
  const shift = 32 - bits;
  for (let i = 0; i < data.length; i++)
    data[i] = isSigned ? ((data[i] ?? 0) << shift) >> shift : ((data[i] ?? 0) << shift) >>> shift;
}

export const fromNumbers = (
  type: ElementType,
  dims: readonly number[],
  values: ArrayLike<number>,
): Tensor => {
  const data = newData(type, values.length) as Data;
  if (isBig(data)) for (let i = 0; i < values.length; i++) data[i] = BigInt(Math.trunc(values[i] ?? 0));
  else if (!isText(data)) {
    for (let i = 0; i < values.length; i++) data[i] = values[i] ?? 0;
    fit(type, data);
  }
  return make(type, dims, data);
};

/** Elements at places; -1 is the fill, which is zero where it is left out. */
export function take(
  { type, data }: Tensor,
  dims: readonly number[],
  places: ArrayLike<number>,
  fill?: number | bigint | string,
): Tensor {
  const out = newData(type, places.length) as TypedArray | string[];
  // One loop for each kind of array: reading and writing stay of one kind.
  if (data instanceof Float32Array && out instanceof Float32Array) {
    const missing = Number(fill ?? 0);
    for (let i = 0; i < out.length; i++) {
      const place = places[i] ?? -1;
      out[i] = place < 0 ? missing : (data[place] ?? 0);
    }
  } else if (isBig(data) && isBig(out)) {
    const missing = BigInt(fill ?? 0);
    for (let i = 0; i < out.length; i++) {
      const place = places[i] ?? -1;
      out[i] = place < 0 ? missing : (data[place] ?? 0n);
    }
  } else if (isText(data)) {
    const missing = String(fill ?? '');
    return texts(
      dims,
      Array.from(places, (place) => (place < 0 ? missing : (data[place] ?? ''))),
    );
  } else if (!isBig(data) && !isBig(out) && !isText(out)) {
    const missing = Number(fill ?? 0);
    for (let i = 0; i < out.length; i++) {
      const place = places[i] ?? -1;
      out[i] = place < 0 ? missing : (data[place] ?? 0);
    }
  }
  return make(type, dims, out);
}

export const withDims = (tensor: Tensor, dims: readonly number[]): Tensor => ({ ...tensor, dims });

/** A tensor that a caller or a file gives, as its exact array. @throws TRS_ONNX_FEED when a value does not fit its type */
export function fromData({ type, dims, data, name }: TensorData): Tensor {
  const ExactArray = arrayTypeOf(type);
  const isExact = type === 'string' ? Array.isArray(data) : data instanceof ExactArray;
  // The branches above say that the array is the type's.
  if (isExact && (type === 'string' || !(floatFormat(type) || type === 'bool' || /int[24]$/.test(type))))
    return make(type, dims, data as Data);
  if (type === 'string') return texts(dims, Array.from<unknown, string>(data as ArrayLike<unknown>, String));
  // Booleans are 0 and 1, also those of a caller whose types are not checked.
  const values = Array.from<unknown, number | bigint>(data as ArrayLike<unknown>, (value) =>
    typeof value === 'boolean' ? Number(value) : (value as number | bigint),
  );
  const range = integerRange(type);
  const out = newData(type, values.length) as TypedArray;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (range) {
      // A double beyond 2^53 may have been another integer once.
      const isWhole = typeof value === 'bigint' || Number.isSafeInteger(value);
      if (!isWhole || value < range[0] || value > range[1]) throw outOfRange(name, value, type);
    }
    if (isBig(out)) out[i] = BigInt(value);
    else out[i] = Number(value);
  }
  if (!isBig(out)) fit(type, out);
  return make(type, dims, out);
}

const outOfRange = (name: string, value: number | bigint, type: ElementType): OnnxError =>
  new OnnxError('FEED', `"${name}" holds ${value}, which is no ${type}.`, `Give values that ${type} holds.`);
