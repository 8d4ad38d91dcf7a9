import { CoreError } from '../core-error.ts';
import type { DType } from '../graph/dtype.ts';
import { cast, where, widened } from './elementwise.ts';
import { counting, make } from './make.ts';
import { contiguousStrides, normalizeAxis, shapeText } from './shape.ts';
import type { Tensor } from './tensor.ts';

export function gather(tensor: Tensor, indices: Tensor, axis: number): Tensor {
  const normal = normalizeAxis(axis, tensor.shape, 'gather');
  if (indices.rank !== 1 || indices.dtype !== 'int32') {
    throw new CoreError(
      'GATHER',
      `gather: the indices are ${indices.dtype}${shapeText(indices.shape)} for a tensor of shape ${shapeText(tensor.shape)}.`,
      'They must be int32 of rank 1.',
    );
  }
  const shape = tensor.shape.map((length, at) => (at === normal ? indices.size : length));
  const rows = widened(tensor);
  return make({ kind: 'gather', axis: normal }, [rows, indices], shape, rows.dtype);
}

/** The adjoint of `gather`: rows added up at their indices, in a tensor with `length` rows along the axis. */
export function scatterAdd(given: Tensor, indices: Tensor, axis: number, length: number): Tensor {
  const rows = widened(given);
  const shape = rows.shape.map((l, at) => (at === axis ? length : l));
  return make({ kind: 'scatterAdd', axis }, [rows, indices], shape, rows.dtype);
}

/**
 * Elements along an axis by places of their own: result[.., i, ..] = tensor[.., indices[.., i, ..], ..]. A place out of range
 * reads zero.
 *
 * @param indices int32; the tensor's shape except along the axis
 * @throws TRS_CORE_GATHER, TRS_CORE_SHAPE_MISMATCH
 */
export function takeAlong(tensor: Tensor, indices: Tensor, axis: number): Tensor {
  const normal = normalizeAxis(axis, tensor.shape, 'takeAlong');
  const { shape } = indices;
  const fits =
    shape.length === tensor.rank && shape.every((l, at) => at === normal || l === tensor.shape[at]);
  if (indices.dtype !== 'int32' || !fits) {
    throw new CoreError(
      'GATHER',
      `takeAlong: the indices are ${indices.dtype}${shapeText(shape)} for a tensor of shape ${shapeText(tensor.shape)}.`,
      'They must be int32, with the same lengths on all other axes.',
    );
  }
  // In the flat tensor, a place is that of its row and a step along the axis.
  const strides = contiguousStrides(tensor.shape);
  let place = indices.mul(strides[normal] ?? 1);
  for (const [at, length] of shape.entries()) {
    if (at === normal || length === 1) continue;
    place = place.add(counting(length, at, tensor.rank, tensor.device).mul(strides[at] ?? 1));
  }
  const isInside = indices.greaterEqual(0).mul(indices.less(tensor.shape[normal] ?? 1));
  const flat = where(isInside, place, -1).reshape([-1]);
  return gather(tensor.reshape([-1]), flat, 0).reshape(shape);
}

/**
 * 1 where the last axis counts to the index, 0 elsewhere: [..] int32 -> [.., count]. An index out of range gives zeros.
 *
 * @throws TRS_CORE_ONE_HOT
 */
export function oneHot(indices: Tensor, count: number, dtype: DType = 'float32'): Tensor {
  if (!Number.isInteger(count) || count < 1 || indices.dtype !== 'int32') {
    throw new CoreError(
      'ONE_HOT',
      `oneHot: there are no ${count} places for indices ${indices.dtype}${shapeText(indices.shape)}.`,
      'Indices are int32, and there is at least one place.',
    );
  }
  const places = counting(count, indices.rank, indices.rank + 1, indices.device);
  return cast(indices.reshape([...indices.shape, 1]).equal(places), dtype);
}

/** The lower triangle of the last two axes, and zeros above the diagonal moved up by `diagonal`. */
export const lowerTriangle = (tensor: Tensor, diagonal = 0): Tensor =>
  where(triangle(tensor, diagonal, 'lowerTriangle'), tensor, 0);

/** The upper triangle of the last two axes, and zeros below the diagonal moved up by `diagonal`. */
export const upperTriangle = (tensor: Tensor, diagonal = 0): Tensor =>
  where(triangle(tensor, diagonal - 1, 'upperTriangle'), 0, tensor);

function triangle(tensor: Tensor, diagonal: number, operation: string): Tensor {
  const rows = tensor.shape[normalizeAxis(-2, tensor.shape, operation)] ?? 1;
  const columns = tensor.shape.at(-1) ?? 1;
  return counting(columns, 1, 2, tensor.device).lessEqual(counting(rows, 0, 2, tensor.device).add(diagonal));
}
