import { CoreError } from '../core-error.ts';
import type { Node, ReduceFunction } from '../graph/node.ts';
import { lengthOf, normalizeAxes, normalizeAxis, type Shape, shapeText } from '../graph/shape.ts';
import { giveDerivative } from './derivative.ts';
import {
  abs,
  add,
  cast,
  counted,
  div,
  equal,
  isNotANumber,
  mul,
  neg,
  not,
  notEqual,
  pow,
  shiftRight,
  sign,
  sqrt,
  sub,
  where,
} from './elementwise.ts';
import { type Axes, counting, make, type ReduceOptions } from './make.ts';
import { flip, reshape, slice } from './movement.ts';

const KEPT = { keepDims: true };

/** Folds over axes. int32 stays int32, and its sums wrap. `operation` is what the caller called, for errors. */
export function reduce(
  fn: ReduceFunction,
  x: Node,
  axes: Axes | undefined,
  { keepDims = false }: ReduceOptions,
  operation: string = fn,
): Node {
  const numeric = counted(x);
  const list = normalizeAxes(axes, x.shape, operation);
  if (fn !== 'sum') checkNotEmpty(x.shape, list, operation);
  const kept = x.shape.map((length, axis) => (list.includes(axis) ? 1 : length));
  // Nothing is folded along axes of length 1, which gradients of what was broadcast have many of.
  const isWhole = list.every((axis) => x.shape[axis] === 1);
  const reduced = isWhole
    ? numeric
    : make({ kind: 'reduce', fn, axes: list }, [numeric], kept, numeric.dtype);
  return keepDims ? reduced : without(reduced, list);
}

/** Axes of length 1 taken out. */
const without = (x: Node, axes: readonly number[]): Node =>
  reshape(
    x,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );

function checkNotEmpty(shape: Shape, axes: readonly number[], operation: string): void {
  if (!axes.some((axis) => shape[axis] === 0)) return;
  throw new CoreError(
    'EMPTY_REDUCTION',
    `${operation}: an axis of ${shapeText(shape)} is empty.`,
    'There is no largest or smallest of nothing.',
  );
}

export const sum = (x: Node, axes?: Axes, options: ReduceOptions = {}): Node =>
  reduce('sum', x, axes, options);
export const max = (x: Node, axes?: Axes, options: ReduceOptions = {}): Node =>
  reduce('max', x, axes, options);
export const min = (x: Node, axes?: Axes, options: ReduceOptions = {}): Node =>
  reduce('min', x, axes, options);

/** How many elements each result is folded from. */
const countOver = (shape: Shape, axes: readonly number[]): number =>
  axes.reduce((count, axis) => count * lengthOf(shape, axis), 1);

/** In float32, whatever is averaged. */
export function mean(x: Node, axes: Axes | undefined, options: ReduceOptions, operation = 'mean'): Node {
  const list = normalizeAxes(axes, x.shape, operation);
  return div(wideSum(x, list, options, operation), countOver(x.shape, list));
}

/** A sum in float32. Of int32, whose own sums wrap, it is that of two halves, which float32 holds exactly. */
function wideSum(x: Node, axes: readonly number[], options: ReduceOptions, operation: string): Node {
  const total = (part: Node): Node => reduce('sum', cast(part, 'float32'), axes, options, operation);
  if (x.dtype !== 'int32') return total(x);
  const { high, low } = halves(x);
  return add(mul(total(high), 2 ** 16), total(low));
}

/** int32 as high * 2^16 + low; low is not negative. */
function halves(x: Node): { readonly high: Node; readonly low: Node } {
  // Shifts bring zeros in: the sign is moved out of their way, and back.
  const high = sub(shiftRight(add(x, -(2 ** 31)), 16), 2 ** 15);
  return { high, low: sub(x, mul(high, 2 ** 16)) };
}

/** Whether any element is not zero. */
export const any = (x: Node, axes: Axes | undefined, options: ReduceOptions): Node =>
  notEqual(reduce('sum', cast(x, 'bool'), axes, options, 'any'), 0);

/** Whether all elements are not zero. */
export const all = (x: Node, axes: Axes | undefined, options: ReduceOptions): Node =>
  equal(reduce('sum', not(x), axes, options, 'all'), 0);

/** The place of the largest or smallest element along an axis, the first of equals, or of the first NaN; int32. */
function placeOf(fn: 'max' | 'min', x: Node, axis: number, options: ReduceOptions): Node {
  const operation = `arg${fn}`;
  if (x.shape.length === 0 && (axis === 0 || axis === -1))
    return reshape(placeOf(fn, reshape(x, [1]), 0, {}), []);
  const normal = normalizeAxis(axis, x.shape, operation);
  const length = lengthOf(x.shape, normal);
  const isFound = equal(x, reduce(fn, x, normal, KEPT, operation));
  // Counting down, to 1, makes the first of equals the largest. As a view of counting up it costs nothing.
  const down = flip(counting(length + 1, normal, x.shape.length, x.device), normal);
  const countdown = slice(
    down,
    x.shape.map((_, at) => (at === normal ? ([0, length] as const) : null)),
  );
  // The extreme of a row with NaN is NaN, which equals nothing.
  const orNaN = x.dtype === 'float32' || x.dtype === 'float16' ? where(isNotANumber(x), countdown, 0) : 0;
  return add(neg(reduce('max', where(isFound, countdown, orNaN), normal, options)), length);
}

export const argmax = (x: Node, axis: number, options: ReduceOptions): Node =>
  placeOf('max', x, axis, options);
export const argmin = (x: Node, axis: number, options: ReduceOptions): Node =>
  placeOf('min', x, axis, options);

export type VarianceOptions = ReduceOptions & { readonly correction?: number };

/** The mean of squared distances from the mean, or their sum over count - `correction`. */
export function variance(
  x: Node,
  axes: Axes | undefined,
  { correction = 0, ...options }: VarianceOptions,
  operation = 'variance',
): Node {
  const list = normalizeAxes(axes, x.shape, operation);
  // Two passes: the difference of mean square and squared mean loses all its digits far from zero.
  const near = x.dtype === 'int32' ? fromNearby(x, list) : cast(x, 'float32');
  const distance = sub(near, mean(near, list, KEPT));
  const total = reduce('sum', mul(distance, distance), list, options);
  return div(total, Math.max(0, countOver(x.shape, list) - correction));
}

/**
 * int32 less a whole number near its mean, in float32: what lies close together far from zero keeps its distances, which float32
 * by itself has not the digits for. Half by half, as a difference of int32 may not fit int32.
 */
function fromNearby(x: Node, axes: readonly number[]): Node {
  const [own, nearby] = [halves(x), halves(cast(mean(x, axes, KEPT), 'int32'))];
  const float = (a: Node, b: Node): Node => cast(sub(a, b), 'float32');
  return add(mul(float(own.high, nearby.high), 2 ** 16), float(own.low, nearby.low));
}

/** The square root of the variance. The gradient of what does not vary is 0, as PyTorch has it. */
export function std(x: Node, axes: Axes | undefined, options: VarianceOptions): Node {
  const squared = variance(x, axes, options, 'std');
  return giveDerivative(sqrt(squared), {
    operands: [squared],
    pullback: (_, y, gradient) => [where(equal(y, 0), 0, div(mul(gradient, 0.5), y))],
    isTransparent: false,
  });
}

/** The norm of order p, with the gradients of PyTorch: zero where the norm, or for p below 1 the element, is. */
export function norm(given: Node, p: number, axes: Axes | undefined, options: ReduceOptions): Node {
  if (Number.isNaN(p)) {
    throw new CoreError(
      'NORM_ORDER',
      'norm: NaN is no order of a norm.',
      'Orders are numbers, Infinity and -Infinity.',
    );
  }
  const list = normalizeAxes(axes, given.shape, 'norm');
  if (p < 0 || p === Number.POSITIVE_INFINITY) checkNotEmpty(given.shape, list, 'norm');
  const x = cast(given, 'float32');
  const value = giveDerivative(normOf(x, p, list), {
    operands: [x],
    pullback: ([a = x], y, gradient) => [normGradient(a, p, y, gradient, list)],
    isTransparent: false,
  });
  return options.keepDims ? value : without(value, list);
}

function normOf(x: Node, p: number, axes: readonly number[]): Node {
  switch (p) {
    case 0:
      return cast(sum(notEqual(x, 0), axes, KEPT), 'float32');
    case 1:
      return sum(abs(x), axes, KEPT);
    case 2:
      return sqrt(sum(mul(x, x), axes, KEPT));
    case Number.POSITIVE_INFINITY:
      return max(abs(x), axes, KEPT);
    case Number.NEGATIVE_INFINITY:
      return min(abs(x), axes, KEPT);
    default:
      return pow(sum(pow(abs(x), p), axes, KEPT), 1 / p);
  }
}

function normGradient(
  x: Node,
  p: number,
  y: Node,
  gradient: Node,
  axes: readonly number[],
): Node | undefined {
  if (p === 0) return undefined;
  if (p === 1) return mul(gradient, sign(x));
  if (Math.abs(p) === Number.POSITIVE_INFINITY) {
    // Equal extremes share it.
    const isExtreme = cast(where(equal(abs(x), y), 1, isNotANumber(x)), 'float32');
    return mul(mul(sign(x), div(isExtreme, sum(isExtreme, axes, KEPT))), gradient);
  }
  if (p < 1) {
    const powers = where(equal(x, 0), 0, pow(abs(x), p - 1));
    return mul(mul(mul(sign(x), powers), gradient), pow(y, 1 - p));
  }
  const powers = p === 2 ? x : p < 2 ? mul(sign(x), pow(abs(x), p - 1)) : mul(x, pow(abs(x), p - 2));
  return mul(powers, where(equal(y, 0), 0, div(gradient, p === 2 ? y : pow(y, p - 1))));
}
