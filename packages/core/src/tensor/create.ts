import { CoreError } from '../core-error.ts';
import { defaultDevice } from '../device/default-device.ts';
import type { Device } from '../device/device.ts';
import {
  allocate,
  checkDType,
  type DType,
  type HalfArray,
  isHalfArray,
  type TypedArrayOf,
} from '../graph/dtype.ts';
import { dataNode, makeNode } from '../graph/node.ts';
import { checkShape, type Shape, shapeText, sizeOf } from '../graph/shape.ts';
import { Tensor } from './tensor.ts';

export interface TensorOptions {
  /** float32 for numbers; the array's own type for a typed array. float16 halves what a tensor takes on a GPU. */
  readonly dtype?: DType;
  readonly device?: Device;
}

/** Numbers, nested to any depth. */
export type NestedNumbers = number | readonly NestedNumbers[];

/**
 * A tensor of the given values. A typed array is taken as it is, not copied: do not change it afterwards.
 *
 * @throws TRS_CORE_RAGGED when nested lists differ in length, TRS_CORE_SHAPE_MISMATCH when the shape does not hold the values,
 * TRS_CORE_SHAPE, TRS_CORE_DTYPE
 */
export function tensor(
  values: NestedNumbers | TypedArrayOf | HalfArray,
  options: TensorOptions & { readonly shape?: Shape } = {},
): Tensor {
  if (isHalfArray(values)) return tensor(Float32Array.from(values), { dtype: 'float16', ...options });
  // Rounded on the device, where halves are packed.
  if (options.dtype === 'float16') return tensor(values, { ...options, dtype: 'float32' }).cast('float16');
  const isTyped =
    values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint8Array;
  const shape = options.shape ?? (isTyped ? [values.length] : shapeOf(values));
  const dtype =
    options.dtype ??
    (values instanceof Int32Array ? 'int32' : values instanceof Uint8Array ? 'bool' : 'float32');
  checkShape(shape, 'tensor');
  checkDType(dtype, 'tensor');
  const flat = isTyped ? values : flatten(values);
  if (flat.length !== sizeOf(shape)) {
    throw new CoreError(
      'SHAPE_MISMATCH',
      `tensor: ${flat.length} values do not fill the shape ${shapeText(shape)}.`,
      'The product of the lengths must be the number of values.',
    );
  }
  const device = options.device ?? defaultDevice();
  return new Tensor(dataNode(device.upload(convert(flat, dtype)), shape, device));
}

function convert(flat: TypedArrayOf | readonly number[], dtype: DType): TypedArrayOf {
  if (flat instanceof Float32Array && dtype === 'float32') return flat;
  if (flat instanceof Int32Array && dtype === 'int32') return flat;
  const values = allocate(dtype, flat.length);
  for (let i = 0; i < flat.length; i++) values[i] = dtype === 'bool' ? Number(flat[i] !== 0) : (flat[i] ?? 0);
  return values;
}

function shapeOf(values: NestedNumbers | TypedArrayOf): number[] {
  const shape: number[] = [];
  for (let level = values; typeof level !== 'number'; level = level[0]) {
    shape.push(level.length);
    if (level[0] === undefined) break;
  }
  return shape;
}

function flatten(values: NestedNumbers): number[] {
  if (typeof values === 'number') return [values];
  const parts = values.map(flatten);
  const [first] = parts;
  if (parts.some((part) => part.length !== first?.length)) {
    throw new CoreError(
      'RAGGED',
      'tensor: nested lists differ in length.',
      'Every list of one level must be as long as the others.',
    );
  }
  return parts.flat();
}

function constant(
  operation: string,
  value: number,
  shape: Shape,
  { dtype = 'float32', device = defaultDevice() }: TensorOptions,
): Tensor {
  checkShape(shape, operation);
  checkDType(dtype, operation);
  if (dtype === 'float16') return constant(operation, value, shape, { device }).cast(dtype);
  return new Tensor(makeNode({ kind: 'constant', value }, [], [], dtype, device)).expand(shape);
}

export const full = (shape: Shape, value: number, options: TensorOptions = {}): Tensor =>
  constant('full', value, shape, options);
export const zeros = (shape: Shape, options: TensorOptions = {}): Tensor =>
  constant('zeros', 0, shape, options);
export const ones = (shape: Shape, options: TensorOptions = {}): Tensor =>
  constant('ones', 1, shape, options);

/** 0, 1, … count - 1. */
export function arange(
  count: number,
  { dtype = 'float32', device = defaultDevice() }: TensorOptions = {},
): Tensor {
  checkShape([count], 'arange');
  checkDType(dtype, 'arange');
  if (dtype === 'float16') return arange(count, { device }).cast(dtype);
  return new Tensor(makeNode({ kind: 'iota' }, [], [count], dtype, device));
}

/** The identity matrix [n, n]. */
export function eye(n: number, options: TensorOptions = {}): Tensor {
  checkShape([n, n], 'eye');
  const line = arange(n, { ...options, dtype: 'int32' });
  return line
    .reshape([n, 1])
    .equal(line.reshape([1, n]))
    .cast(options.dtype ?? 'float32');
}
