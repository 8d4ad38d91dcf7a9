import { CoreError } from '../core-error.ts';
import type { DType } from '../graph/dtype.ts';
import type { Node } from '../graph/node.ts';
import { contiguousStrides, lengthOf, normalizeAxis, shapeText, sizeOf } from '../graph/shape.ts';
import { invariant } from '../invariant.ts';
import { add, cast, equal, greaterEqual, less, lessEqual, mul, where, widened } from './elementwise.ts';
import { counting, make } from './make.ts';
import { reshape } from './movement.ts';

export function gather(x: Node, indices: Node, axis: number): Node {
  const normal = normalizeAxis(axis, x.shape, 'gather');
  if (indices.shape.length !== 1 || indices.dtype !== 'int32') {
    throw new CoreError(
      'GATHER',
      `gather: the indices are ${indices.dtype}${shapeText(indices.shape)} for a tensor of shape ${shapeText(x.shape)}.`,
      'They must be int32 of rank 1.',
    );
  }
  const shape = x.shape.map((length, at) => (at === normal ? sizeOf(indices.shape) : length));
  const rows = widened(x);
  return make({ kind: 'gather', axis: normal }, [rows, indices], shape, rows.dtype);
}

/** The adjoint of `gather`: rows added up at their indices, in a tensor with `length` rows along the axis. */
export function scatterAdd(given: Node, indices: Node, axis: number, length: number): Node {
  const rows = widened(given);
  const shape = rows.shape.map((l, at) => (at === axis ? length : l));
  return make({ kind: 'scatterAdd', axis }, [rows, indices], shape, rows.dtype);
}

/**
 * Elements along an axis by places of their own: result[.., i, ..] = x[.., indices[.., i, ..], ..]. A place out of range
 * reads zero.
 *
 * @param indices int32; the tensor's shape except along the axis
 * @throws TRS_CORE_GATHER, TRS_CORE_SHAPE_MISMATCH
 */
export function takeAlong(x: Node, indices: Node, axis: number): Node {
  const normal = normalizeAxis(axis, x.shape, 'takeAlong');
  const { shape } = indices;
  const fits = shape.length === x.shape.length && shape.every((l, at) => at === normal || l === x.shape[at]);
  if (indices.dtype !== 'int32' || !fits) {
    throw new CoreError(
      'GATHER',
      `takeAlong: the indices are ${indices.dtype}${shapeText(shape)} for a tensor of shape ${shapeText(x.shape)}.`,
      'They must be int32, with the same lengths on all other axes.',
    );
  }
  // In the flat tensor, a place is that of its row and a step along the axis.
  const strides = contiguousStrides(x.shape);
  const stride = (at: number): number => invariant(strides[at], 'the stride of an axis');
  let place = mul(indices, stride(normal));
  for (const [at, length] of shape.entries()) {
    if (at === normal || length === 1) continue;
    place = add(place, mul(counting(length, at, x.shape.length, x.device), stride(at)));
  }
  const isInside = mul(greaterEqual(indices, 0), less(indices, lengthOf(x.shape, normal)));
  const flat = reshape(where(isInside, place, -1), [-1]);
  return reshape(gather(reshape(x, [-1]), flat, 0), shape);
}

export function oneHot(indices: Node, count: number, dtype: DType): Node {
  if (!Number.isInteger(count) || count < 1 || indices.dtype !== 'int32') {
    throw new CoreError(
      'ONE_HOT',
      `oneHot: there are no ${count} places for indices ${indices.dtype}${shapeText(indices.shape)}.`,
      'Indices are int32, and there is at least one place.',
    );
  }
  const places = counting(count, indices.shape.length, indices.shape.length + 1, indices.device);
  return cast(equal(reshape(indices, [...indices.shape, 1]), places), dtype);
}

export const lowerTriangle = (x: Node, diagonal: number): Node =>
  where(triangle(x, diagonal, 'lowerTriangle'), x, 0);

export const upperTriangle = (x: Node, diagonal: number): Node =>
  where(triangle(x, diagonal - 1, 'upperTriangle'), 0, x);

function triangle(x: Node, diagonal: number, operation: string): Node {
  const rows = lengthOf(x.shape, normalizeAxis(-2, x.shape, operation));
  const columns = lengthOf(x.shape, x.shape.length - 1);
  return lessEqual(counting(columns, 1, 2, x.device), add(counting(rows, 0, 2, x.device), diagonal));
}
