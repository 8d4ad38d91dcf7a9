import type { Budget } from './budget.ts';
import { arrayTypeOf, type ElementType, elementBytes, elementTypeOf, floatFormat } from './element-types.ts';
import { readExternalPart, refusedPart } from './external-data.ts';
import { decodeFloat, decodeScale } from './float-formats.ts';
import type { Integer, TensorData, TypedArray } from './model.ts';
import { doublesOf, type Field, fieldsOf, floatsOf, malformed, textOf, varintsOf } from './wire.ts';

/** TensorProto. Declared sizes are checked against the budget and the bytes at hand before anything is allocated. */
export function readTensor(message: Uint8Array, budget: Budget): TensorData {
  const dims: number[] = [];
  let [type, name, isExternal, isSegment] = [0, '', false, false];
  let raw: Uint8Array | undefined;
  const floats: Float32Array[] = [];
  const doubles: Float64Array[] = [];
  const integers: Integer[][] = [];
  const strings: string[] = [];
  const entries: Field[] = [];
  for (const field of fieldsOf(message)) {
    if (field.tag === 1) for (const length of varintsOf(field)) dims.push(Number(length));
    else if (field.tag === 2) type = field.value;
    else if (field.tag === 3) isSegment = true;
    else if (field.tag === 4) floats.push(floatsOf(field.bytes));
    else if (field.tag === 5 || field.tag === 7 || field.tag === 11) integers.push(varintsOf(field));
    else if (field.tag === 6) strings.push(textOf(field.bytes));
    else if (field.tag === 8) name = textOf(field.bytes);
    else if (field.tag === 9) raw = field.bytes;
    else if (field.tag === 10) doubles.push(doublesOf(field.bytes));
    else if (field.tag === 13) entries.push(field);
    else if (field.tag === 14) isExternal = field.value === 1;
    if (dims.length > 64) throw malformed(`the tensor "${name}" has more than 64 axes`);
  }
  if (isSegment) throw refusedPart(name, 'keeps its data in another message, which is refused');
  const elementType = elementTypeOf(type, `The tensor "${name}"`);
  const size = budget.elements(dims, name);
  if (isExternal || entries.length > 0) raw = readExternal(name, entries, elementType, size, budget);
  const data =
    elementType === 'string'
      ? strings
      : raw
        ? fromRaw(elementType, raw, size)
        : fromFields(elementType, floats, doubles, integers.flat(), size);
  if (data.length !== size)
    throw malformed(`the tensor "${name}" has ${data.length} values for the shape [${dims.join(', ')}]`);
  return { name, type: elementType, dims, data };
}

function readExternal(
  name: string,
  entries: readonly Field[],
  type: ElementType,
  size: number,
  { external }: Budget,
): Uint8Array {
  if (!external) throw refusedPart(name, 'keeps its data in another file, which is not at hand');
  if (type === 'string') throw refusedPart(name, 'keeps texts in another file, which ONNX does not know');
  const part = readExternalPart(name, entries);
  const length = Math.ceil(size * elementBytes(type));
  if (part.length !== undefined && part.length !== length)
    throw refusedPart(
      name,
      `keeps ${part.length} bytes in "${part.location}", and its shape takes ${length}`,
    );
  return external({ ...part, length });
}

/** Values of `raw_data`: little-endian, those of less than a byte packed from the lowest bits on. */
export function fromRaw(type: ElementType, raw: Uint8Array, size: number): TypedArray {
  const bytes = elementBytes(type);
  if (raw.length !== Math.ceil(size * bytes))
    throw malformed(`${raw.length} bytes are not those of ${size} elements of ${type}`);
  if (bytes < 1) return unpack(type, raw, size);
  // A copy: the bytes of the file are not aligned. Not slice(), which on a Buffer copies nothing.
  const { buffer } = new Uint8Array(raw);
  if (bytes === 1 && floatFormat(type) === undefined && type !== 'float8e8m0')
    return type === 'int8' ? new Int8Array(buffer) : new Uint8Array(buffer);
  const decode = decoderOf(type);
  if (decode)
    return bytes === 2
      ? fromCodes(type, new Uint16Array(buffer), decode)
      : Float32Array.from(new Uint8Array(buffer), decode);
  const ExactArray = arrayTypeOf(type) as new (buffer: ArrayBuffer) => TypedArray;
  return new ExactArray(buffer);
}

const TABLES = new Map<ElementType, Float32Array>();
/** From so many codes on, all codes of the type are decoded once. */
const MANY_CODES = 2 ** 14;

function fromCodes(type: ElementType, codes: Uint16Array, decode: (code: number) => number): Float32Array {
  let table = TABLES.get(type);
  if (!table && codes.length >= MANY_CODES) {
    table = Float32Array.from({ length: 2 ** 16 }, (_, code) => decode(code));
    TABLES.set(type, table);
  }
  if (!table) return Float32Array.from(codes, decode);
  const out = new Float32Array(codes.length);
  for (let i = 0; i < out.length; i++) out[i] = table[codes[i] ?? 0] ?? 0;
  return out;
}

function decoderOf(type: ElementType): ((code: number) => number) | undefined {
  if (type === 'float8e8m0') return decodeScale;
  const format = floatFormat(type);
  return format && ((code) => decodeFloat(format, code));
}

function unpack(type: ElementType, bytes: ArrayLike<number>, size: number): TypedArray {
  const bits = elementBytes(type) * 8;
  const perByte = 8 / bits;
  const ExactArray = arrayTypeOf(type) as new (length: number) => TypedArray;
  const out = new ExactArray(size);
  const decode = decoderOf(type);
  for (let i = 0; i < size; i++) {
    const code = ((bytes[Math.floor(i / perByte)] ?? 0) >>> ((i % perByte) * bits)) & (2 ** bits - 1);
    out[i] = decode ? decode(code) : type.startsWith('int') ? (code << (32 - bits)) >> (32 - bits) : code;
  }
  return out;
}

function fromFields(
  type: ElementType,
  floats: readonly Float32Array[],
  doubles: readonly Float64Array[],
  integers: readonly Integer[],
  size: number,
): TypedArray {
  if (type === 'float32') return joined(floats, Float32Array);
  if (type === 'float64') return joined(doubles, Float64Array);
  if (type === 'int64') return BigInt64Array.from(integers, BigInt);
  if (type === 'uint64') return BigUint64Array.from(integers, BigInt);
  const values = Array.from(integers, Number);
  if (elementBytes(type) < 1) {
    if (values.length !== Math.ceil(size * elementBytes(type)))
      throw malformed(`${values.length} bytes are not those of ${size} elements of ${type}`);
    return unpack(type, values, size);
  }
  const decode = decoderOf(type);
  if (decode) return Float32Array.from(values, decode);
  const ExactArray = arrayTypeOf(type) as { from(values: readonly number[]): TypedArray };
  return ExactArray.from(values);
}

function joined<A extends Float32Array | Float64Array>(
  parts: readonly A[],
  ArrayType: new (length: number) => A,
): A {
  const [first] = parts;
  if (first && parts.length === 1) return first;
  const out = new ArrayType(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** SparseTensorProto as the dense tensor that it stands for. */
export function readSparseTensor(message: Uint8Array, budget: Budget): TensorData {
  let values: TensorData | undefined;
  let indices: TensorData | undefined;
  const dims: number[] = [];
  for (const field of fieldsOf(message)) {
    if (field.tag === 1) values = readTensor(field.bytes, budget);
    else if (field.tag === 2) indices = readTensor(field.bytes, budget);
    else if (field.tag === 3) for (const length of varintsOf(field)) dims.push(Number(length));
  }
  if (!values || !indices || values.type === 'string')
    throw malformed('a sparse tensor has no values or no indices');
  const size = budget.elements(dims, values.name);
  const ExactArray = arrayTypeOf(values.type) as new (length: number) => Float32Array;
  const out = new ExactArray(size);
  const [count = 0, rank = 1] = indices.dims;
  const { data: places } = indices;
  for (let i = 0; i < count; i++) {
    // Either the place in memory, or a place on each axis.
    const at = Array.from({ length: rank }, (_, axis) => Number(places[i * rank + axis]));
    const place = rank === 1 ? (at[0] ?? -1) : at.reduce((sum, k, axis) => sum * (dims[axis] ?? 1) + k, 0);
    if (!(place >= 0 && place < size)) throw malformed(`a sparse tensor has the index ${at.join(', ')}`);
    // The two arrays are of one type.
    out[place] = values.data[i] as number;
  }
  return { name: values.name, type: values.type, dims, data: out };
}
