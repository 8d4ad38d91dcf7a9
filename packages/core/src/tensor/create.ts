import { CoreError } from '../core-error.ts';
import { defaultDevice } from '../device/default-device.ts';
import type { Device } from '../device/device.ts';
import { checkDType, type DType, isInt32 } from '../graph/dtype.ts';
import { dataNode, makeNode } from '../graph/node.ts';
import { checkShape, type Shape, shapeText, sizeOf } from '../graph/shape.ts';
import { Tensor } from './tensor.ts';
import { converted, flatValues, type TensorValues } from './values.ts';

export interface TensorOptions {
  /** float32 for numbers; the array's own type for a typed array. float16 halves what a tensor takes on a GPU. */
  readonly dtype?: DType;
  readonly device?: Device;
}

/** Numbers, nested to any depth. */
export type NestedNumbers = number | readonly NestedNumbers[];

/**
 * Makes a tensor of the given values: numbers become float32, booleans bool, bigints int32, and a typed array what it is: float32 of
 * floats (rounded to it), float16 of a Float16Array, int32 of whole numbers, bool of a Uint8Array of 0 and 1. A Float32Array or
 * Int32Array is taken as it is, not copied: do not change it afterwards.
 *
 * @throws TRS_CORE_VALUE for what is no value of a tensor, or none of int32 (nothing is wrapped), TRS_CORE_RAGGED when nested lists
 * differ in length, TRS_CORE_SHAPE_MISMATCH when the shape does not hold the values, TRS_CORE_SHAPE, TRS_CORE_DTYPE
 */
export function tensor(
  values: TensorValues,
  options: TensorOptions & { readonly shape?: Shape } = {},
): Tensor {
  const flat = flatValues(values);
  const { shape = flat.shape, dtype = flat.dtype, device = defaultDevice() } = options;
  checkShape(shape, 'tensor');
  checkDType(dtype, 'tensor');
  if (flat.values.length !== sizeOf(shape)) {
    throw new CoreError(
      'SHAPE_MISMATCH',
      `tensor: ${flat.values.length} values do not fill the shape ${shapeText(shape)}.`,
      'The product of the lengths must be the number of values.',
    );
  }
  // Halves are rounded on the device, where they are packed.
  const stored = dtype === 'float16' ? 'float32' : dtype;
  const made = new Tensor(
    dataNode(device.upload(converted(flat, stored, options.dtype !== undefined)), shape, device),
  );
  return dtype === 'float16' ? made.cast('float16') : made;
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
  if (typeof value !== 'number' || (dtype === 'int32' && !isInt32(value))) {
    throw new CoreError(
      'VALUE',
      `${operation}: ${String(value)} is no ${dtype}.`,
      'Give a number; int32 has the whole numbers from -2147483648 to 2147483647.',
    );
  }
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
  // They count in whole numbers first.
  if (dtype === 'float16' || dtype === 'bool') return arange(count, { dtype: 'int32', device }).cast(dtype);
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
