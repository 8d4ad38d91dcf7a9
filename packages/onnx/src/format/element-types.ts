import { OnnxError } from '../onnx-error.ts';
import { type FloatFormat, FORMATS } from './float-formats.ts';

/** TensorProto.DataType of onnx.proto3, the bytes of an element in `raw_data`, and the array that holds its values exactly. */
const TYPES = {
  float32: [1, 4, Float32Array],
  uint8: [2, 1, Uint8Array],
  int8: [3, 1, Int8Array],
  uint16: [4, 2, Uint16Array],
  int16: [5, 2, Int16Array],
  int32: [6, 4, Int32Array],
  int64: [7, 8, BigInt64Array],
  string: [8, 0, Array],
  bool: [9, 1, Uint8Array],
  float16: [10, 2, Float32Array],
  float64: [11, 8, Float64Array],
  uint32: [12, 4, Uint32Array],
  uint64: [13, 8, BigUint64Array],
  bfloat16: [16, 2, Float32Array],
  float8e4m3fn: [17, 1, Float32Array],
  float8e4m3fnuz: [18, 1, Float32Array],
  float8e5m2: [19, 1, Float32Array],
  float8e5m2fnuz: [20, 1, Float32Array],
  uint4: [21, 0.5, Uint8Array],
  int4: [22, 0.5, Int8Array],
  float4e2m1: [23, 0.5, Float32Array],
  float8e8m0: [24, 1, Float32Array],
  uint2: [25, 0.25, Uint8Array],
  int2: [26, 0.25, Int8Array],
} as const satisfies Record<string, readonly [number, number, unknown]>;

/** An element type by its name; ONNX's complex types are not known. */
export type ElementType = keyof typeof TYPES;

export const ELEMENT_TYPES: readonly ElementType[] = Object.keys(TYPES).filter(isElementType);

export function isElementType(name: string): name is ElementType {
  return Object.hasOwn(TYPES, name);
}

export const elementTypeNumber = (type: ElementType): number => TYPES[type][0];

/** Bytes of an element in a file; less than 1 where several share a byte. */
export const elementBytes = (type: ElementType): number => TYPES[type][1];

export const arrayTypeOf = <T extends ElementType>(type: T): (typeof TYPES)[T][2] => TYPES[type][2];

/** How the type's values are coded, for the floats that no typed array of JavaScript holds. */
export const floatFormat = (type: ElementType): FloatFormat | undefined => FORMATS[type];

const BY_NUMBER = new Map<number, ElementType>(ELEMENT_TYPES.map((type) => [TYPES[type][0], type]));

/** @throws TRS_ONNX_TYPE */
export function elementTypeOf(number: number, where: string): ElementType {
  const type = BY_NUMBER.get(number);
  if (type) return type;
  throw new OnnxError(
    'TYPE',
    `${where} has the element type ${number}, which is not supported.`,
    `Convert it to one of ${ELEMENT_TYPES.join(', ')}.`,
  );
}

/** The smallest and the largest integer of a type. */
export function integerRange(type: ElementType): readonly [bigint, bigint] | undefined {
  const match = /^(u?)int(\d+)$/.exec(type);
  if (!match) return type === 'bool' ? [0n, 1n] : undefined;
  const bits = BigInt(match[2] ?? 0);
  return match[1] ? [0n, (1n << bits) - 1n] : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
}
