import { CoreError } from '../core-error.ts';
import { cast, where } from './elementwise.ts';
import { counting, make } from './make.ts';
import { reshape } from './movement.ts';
import { normalizeAxes, normalizeAxis, shapeText } from './shape.ts';
import type { Axes, ReduceOptions, Tensor } from './tensor.ts';

export function reduce(
  fn: 'sum' | 'max',
  tensor: Tensor,
  axes: Axes | undefined,
  { keepDims = false }: ReduceOptions,
): Tensor {
  const numeric = tensor.dtype === 'bool' ? cast(tensor, 'int32') : tensor;
  const list = normalizeAxes(axes, tensor.rank, fn);
  if (fn === 'max' && list.some((axis) => tensor.shape[axis] === 0)) {
    throw new CoreError(
      'EMPTY_REDUCTION',
      `max: an axis of ${shapeText(tensor.shape)} is empty.`,
      'There is no largest of nothing.',
    );
  }
  const kept = tensor.shape.map((length, axis) => (list.includes(axis) ? 1 : length));
  const reduced =
    list.length === 0 ? numeric : make({ kind: 'reduce', fn, axes: list }, [numeric], kept, numeric.dtype);
  return keepDims
    ? reduced
    : reshape(
        reduced,
        kept.filter((_, axis) => !list.includes(axis)),
      );
}

/** The place of the largest element along an axis, the first of equals; int32. */
export function argmax(tensor: Tensor, axis: number, options: ReduceOptions): Tensor {
  const normal = normalizeAxis(axis, tensor.rank, 'argmax');
  const length = tensor.shape[normal] ?? 1;
  const isLargest = tensor.equal(reduce('max', tensor, normal, { keepDims: true }));
  // Counting down makes the first of equals the largest.
  const countdown = counting(length, normal, tensor.rank, tensor.device).neg().add(length);
  return reduce('max', where(isLargest, countdown, 0), normal, options)
    .neg()
    .add(length);
}

/** The mean of squared distances from the mean, or their sum over count - `correction`. */
export function variance(
  tensor: Tensor,
  axes: Axes | undefined,
  { correction = 0, ...options }: ReduceOptions & { readonly correction?: number },
): Tensor {
  // Two passes: the difference of mean square and squared mean loses all its digits far from zero.
  const distance = tensor.sub(tensor.mean(axes, { keepDims: true }));
  const total = reduce('sum', distance.mul(distance), axes, options);
  const count = tensor.size / Math.max(1, total.size);
  return total.div(Math.max(0, count - correction));
}

/** log(sum(exp(x))), which does not overflow where the result does not. */
export function logSumExp(
  tensor: Tensor,
  axes: Axes | undefined,
  { keepDims = false }: ReduceOptions,
): Tensor {
  const largest = reduce('max', cast(tensor, 'float32'), axes, { keepDims: true });
  // A row of nothing but infinities keeps them: inf - inf would be NaN.
  const shift = where(largest.abs().less(Number.POSITIVE_INFINITY), largest, 0);
  const total = reduce('sum', tensor.sub(shift).exp(), axes, { keepDims: true }).log().add(shift);
  const list = normalizeAxes(axes, tensor.rank, 'logSumExp');
  return keepDims
    ? total
    : reshape(
        total,
        total.shape.filter((_, axis) => !list.includes(axis)),
      );
}

/** The p-norm; p may be Infinity. */
export function norm(tensor: Tensor, p: number, axes: Axes | undefined, options: ReduceOptions): Tensor {
  const sizes = tensor.abs();
  if (p === Number.POSITIVE_INFINITY) return reduce('max', sizes, axes, options);
  if (p === 1) return reduce('sum', cast(sizes, 'float32'), axes, options);
  if (p === 2) return reduce('sum', tensor.mul(tensor), axes, options).sqrt();
  return reduce('sum', sizes.pow(p), axes, options).pow(1 / p);
}
