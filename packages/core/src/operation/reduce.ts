import { CoreError } from '../core-error.ts';
import type { Node } from '../graph/node.ts';
import { lengthOf, normalizeAxes, normalizeAxis, shapeText, sizeOf } from '../graph/shape.ts';
import { abs, add, cast, counted, div, equal, mul, neg, pow, sqrt, sub, where } from './elementwise.ts';
import { type Axes, counting, make, type ReduceOptions } from './make.ts';
import { flip, reshape, slice } from './movement.ts';

/** `operation` is what the caller called, for errors. */
export function reduce(
  fn: 'sum' | 'max',
  x: Node,
  axes: Axes | undefined,
  { keepDims = false }: ReduceOptions,
  operation: string = fn,
): Node {
  const numeric = counted(x);
  const list = normalizeAxes(axes, x.shape, operation);
  if (fn === 'max' && list.some((axis) => x.shape[axis] === 0)) {
    throw new CoreError(
      'EMPTY_REDUCTION',
      `${operation}: an axis of ${shapeText(x.shape)} is empty.`,
      'There is no largest of nothing.',
    );
  }
  const kept = x.shape.map((length, axis) => (list.includes(axis) ? 1 : length));
  // Nothing is folded along axes of length 1, which gradients of what was broadcast have many of.
  const isWhole = list.every((axis) => x.shape[axis] === 1);
  const reduced = isWhole
    ? numeric
    : make({ kind: 'reduce', fn, axes: list }, [numeric], kept, numeric.dtype);
  return keepDims
    ? reduced
    : reshape(
        reduced,
        kept.filter((_, axis) => !list.includes(axis)),
      );
}

export const sum = (x: Node, axes?: Axes, options: ReduceOptions = {}): Node =>
  reduce('sum', x, axes, options);
export const max = (x: Node, axes?: Axes, options: ReduceOptions = {}): Node =>
  reduce('max', x, axes, options);

export const min = (x: Node, axes: Axes | undefined, options: ReduceOptions, operation = 'min'): Node =>
  neg(reduce('max', neg(x), axes, options, operation));

export function mean(x: Node, axes: Axes | undefined, options: ReduceOptions, operation = 'mean'): Node {
  const total = reduce('sum', x, axes, options, operation);
  return mul(total, sizeOf(total.shape) / Math.max(1, sizeOf(x.shape)));
}

/** Whether any element is not zero. */
export const any = (x: Node, axes: Axes | undefined, options: ReduceOptions): Node =>
  cast(reduce('max', cast(x, 'bool'), axes, options, 'any'), 'bool');

/** Whether all elements are not zero. */
export const all = (x: Node, axes: Axes | undefined, options: ReduceOptions): Node =>
  cast(min(cast(x, 'bool'), axes, options, 'all'), 'bool');

/** The place of the largest element along an axis, the first of equals; int32. */
export function argmax(x: Node, axis: number, options: ReduceOptions, operation = 'argmax'): Node {
  const normal = normalizeAxis(axis, x.shape, operation);
  const length = lengthOf(x.shape, normal);
  const isLargest = equal(x, reduce('max', x, normal, { keepDims: true }, operation));
  // Counting down, to 1, makes the first of equals the largest. As a view of counting up it costs nothing.
  const down = flip(counting(length + 1, normal, x.shape.length, x.device), normal);
  const countdown = slice(
    down,
    x.shape.map((_, at) => (at === normal ? ([0, length] as const) : null)),
  );
  return add(neg(reduce('max', where(isLargest, countdown, 0), normal, options)), length);
}

/** The place of the smallest element along an axis, the first of equals; int32. */
export const argmin = (x: Node, axis: number, options: ReduceOptions): Node =>
  argmax(neg(x), axis, options, 'argmin');

export type VarianceOptions = ReduceOptions & { readonly correction?: number };

/** The mean of squared distances from the mean, or their sum over count - `correction`. */
export function variance(
  x: Node,
  axes: Axes | undefined,
  { correction = 0, ...options }: VarianceOptions,
  operation = 'variance',
): Node {
  // Two passes: the difference of mean square and squared mean loses all its digits far from zero.
  const distance = sub(x, mean(x, axes, { keepDims: true }, operation));
  const total = reduce('sum', mul(distance, distance), axes, options);
  const count = sizeOf(x.shape) / Math.max(1, sizeOf(total.shape));
  return div(total, Math.max(0, count - correction));
}

/** The square root of the variance. */
export const std = (x: Node, axes: Axes | undefined, options: VarianceOptions): Node =>
  sqrt(variance(x, axes, options, 'std'));

/** The p-norm; p may be Infinity. */
export function norm(x: Node, p: number, axes: Axes | undefined, options: ReduceOptions): Node {
  const sizes = abs(x);
  const sum = (powers: Node): Node => reduce('sum', powers, axes, options, 'norm');
  if (p === Number.POSITIVE_INFINITY) return reduce('max', sizes, axes, options, 'norm');
  if (p === 1) return sum(cast(sizes, 'float32'));
  if (p === 2) return sqrt(sum(mul(x, x)));
  return pow(sum(pow(sizes, p)), 1 / p);
}
