import { CoreError } from '../core-error.ts';
import { invariant } from '../invariant.ts';

/** The lengths of a tensor's axes; `[]` is a scalar. */
export type Shape = readonly number[];

/** The number of elements. */
export const sizeOf = (shape: Shape): number => shape.reduce((size, length) => size * length, 1);

export const shapeText = (shape: Shape): string => `[${shape.join(', ')}]`;

export const isSameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((length, axis) => length === b[axis]);

/** Row-major strides, in elements. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  }
  return strides;
}

/**
 * The shape that two operands stretch to, by NumPy's rules: aligned at the last axis, lengths equal or 1. `named` are the whole
 * shapes, where only parts of them stretch.
 *
 * @throws TRS_CORE_SHAPE_MISMATCH naming the operation and both shapes
 */
export function broadcastShapes(
  a: Shape,
  b: Shape,
  operation: string,
  named: readonly [Shape, Shape] = [a, b],
): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new CoreError(
      'SHAPE_MISMATCH',
      `${operation}: the shapes ${named.map(shapeText).join(' and ')} do not fit together.`,
      'From the last axis on, lengths must be equal, or one of them 1.',
    );
  });
}

/** A non-negative axis of a shape. @throws TRS_CORE_AXIS */
export function normalizeAxis(axis: number, shape: Shape, operation: string): number {
  const rank = shape.length;
  const normal = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(normal) && normal >= 0 && normal < rank) return normal;
  throw new CoreError(
    'AXIS',
    `${operation}: there is no axis ${axis} in the shape ${shapeText(shape)}.`,
    rank === 0 ? 'A scalar has no axes.' : `Axes go from ${-rank} to ${rank - 1}.`,
  );
}

/** Axes as a sorted list without repeats; all of them when left out. */
export function normalizeAxes(
  axes: number | readonly number[] | undefined,
  shape: Shape,
  operation: string,
): number[] {
  if (axes === undefined) return [...shape.keys()];
  const named = typeof axes === 'number' ? [axes] : axes;
  // A scalar may be named as if it had one axis, as in PyTorch.
  const list = shape.length === 0 ? named.filter((axis) => axis !== 0 && axis !== -1) : named;
  return [...new Set(list.map((axis) => normalizeAxis(axis, shape, operation)))].sort((a, b) => a - b);
}

/** The shape itself, of whole lengths. @throws TRS_CORE_SHAPE */
export function checkShape(shape: Shape, operation: string): Shape {
  if (shape.every((length) => Number.isSafeInteger(length) && length >= 0)) return shape;
  throw new CoreError(
    'SHAPE',
    `${operation}: ${shapeText(shape)} is no shape.`,
    'Lengths are whole numbers from 0 on.',
  );
}

/** A shape in which one length may be -1, to be found from the shape before. @throws TRS_CORE_RESHAPE */
export function inferShape(shape: Shape, from: Shape): Shape {
  const size = sizeOf(from);
  const known = sizeOf(shape.filter((length) => length !== -1));
  const open = shape.filter((length) => length === -1).length;
  const inferred = open === 1 && known > 0 ? size / known : 0;
  const full = shape.map((length) => (length === -1 ? inferred : length));
  const isRight =
    open <= 1 && full.every((length) => Number.isInteger(length) && length >= 0) && sizeOf(full) === size;
  if (isRight) return full;
  throw new CoreError(
    'RESHAPE',
    `reshape: the ${size} elements of ${shapeText(from)} do not fit the shape ${shapeText(shape)}.`,
    'The product of the lengths must be the number of elements; one length may be -1.',
  );
}

/** The length of an axis that is known to be there. */
export const lengthOf = (shape: Shape, axis: number): number =>
  invariant(shape[axis], `axis ${axis} of ${shapeText(shape)}`);
