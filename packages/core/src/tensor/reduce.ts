import { CoreError } from '../core-error.ts';
import { cast, where, widened } from './elementwise.ts';
import { counting, make } from './make.ts';
import { flip, reshape, slice } from './movement.ts';
import { normalizeAxes, normalizeAxis, shapeText } from './shape.ts';
import type { Axes, ReduceOptions, Tensor } from './tensor.ts';

/** `operation` is what the caller called, for errors. */
export function reduce(
  fn: 'sum' | 'max',
  tensor: Tensor,
  axes: Axes | undefined,
  { keepDims = false }: ReduceOptions,
  operation: string = fn,
): Tensor {
  const numeric = tensor.dtype === 'bool' ? cast(tensor, 'int32') : widened(tensor);
  const list = normalizeAxes(axes, tensor.shape, operation);
  if (fn === 'max' && list.some((axis) => tensor.shape[axis] === 0)) {
    throw new CoreError(
      'EMPTY_REDUCTION',
      `${operation}: an axis of ${shapeText(tensor.shape)} is empty.`,
      'There is no largest of nothing.',
    );
  }
  const kept = tensor.shape.map((length, axis) => (list.includes(axis) ? 1 : length));
  // Nothing is folded along axes of length 1, which gradients of what was broadcast have many of.
  const isWhole = list.every((axis) => tensor.shape[axis] === 1);
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

export const min = (
  tensor: Tensor,
  axes: Axes | undefined,
  options: ReduceOptions,
  operation = 'min',
): Tensor => reduce('max', tensor.neg(), axes, options, operation).neg();

export function mean(
  tensor: Tensor,
  axes: Axes | undefined,
  options: ReduceOptions,
  operation = 'mean',
): Tensor {
  const total = reduce('sum', tensor, axes, options, operation);
  return total.mul(total.size / Math.max(1, tensor.size));
}

/** The place of the largest element along an axis, the first of equals; int32. */
export function argmax(tensor: Tensor, axis: number, options: ReduceOptions, operation = 'argmax'): Tensor {
  const normal = normalizeAxis(axis, tensor.shape, operation);
  const length = tensor.shape[normal] ?? 1;
  const isLargest = tensor.equal(reduce('max', tensor, normal, { keepDims: true }, operation));
  // Counting down, to 1, makes the first of equals the largest. As a view of counting up it costs nothing.
  const down = flip(counting(length + 1, normal, tensor.rank, tensor.device), normal);
  const countdown = slice(
    down,
    tensor.shape.map((_, at) => (at === normal ? ([0, length] as const) : null)),
  );
  return reduce('max', where(isLargest, countdown, 0), normal, options)
    .neg()
    .add(length);
}

export type VarianceOptions = ReduceOptions & { readonly correction?: number };

/** The mean of squared distances from the mean, or their sum over count - `correction`. */
export function variance(
  tensor: Tensor,
  axes: Axes | undefined,
  { correction = 0, ...options }: VarianceOptions,
  operation = 'variance',
): Tensor {
  // Two passes: the difference of mean square and squared mean loses all its digits far from zero.
  const distance = tensor.sub(mean(tensor, axes, { keepDims: true }, operation));
  const total = reduce('sum', distance.mul(distance), axes, options);
  const count = tensor.size / Math.max(1, total.size);
  return total.div(Math.max(0, count - correction));
}

/** The p-norm; p may be Infinity. */
export function norm(tensor: Tensor, p: number, axes: Axes | undefined, options: ReduceOptions): Tensor {
  const sizes = tensor.abs();
  const sum = (powers: Tensor): Tensor => reduce('sum', powers, axes, options, 'norm');
  if (p === Number.POSITIVE_INFINITY) return reduce('max', sizes, axes, options, 'norm');
  if (p === 1) return sum(cast(sizes, 'float32'));
  if (p === 2) return sum(tensor.mul(tensor)).sqrt();
  return sum(sizes.pow(p)).pow(1 / p);
}
