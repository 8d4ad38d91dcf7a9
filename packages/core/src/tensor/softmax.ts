import { cast, where } from './elementwise.ts';
import { reshape } from './movement.ts';
import { reduce } from './reduce.ts';
import { normalizeAxes } from './shape.ts';
import type { Axes, ReduceOptions, Tensor } from './tensor.ts';

const KEPT = { keepDims: true };

// All three subtract the largest element first, so that no exponential overflows where the result does not.

export function softmax(tensor: Tensor, axis: number): Tensor {
  const shifted = tensor.sub(reduce('max', tensor, axis, KEPT, 'softmax')).exp();
  // One division per row, and not one per element.
  return shifted.mul(reduce('sum', shifted, axis, KEPT).pow(-1));
}

export function logSoftmax(tensor: Tensor, axis: number): Tensor {
  const shifted = tensor.sub(reduce('max', tensor, axis, KEPT, 'logSoftmax'));
  return shifted.sub(reduce('sum', shifted.exp(), axis, KEPT).log());
}

export function logSumExp(
  tensor: Tensor,
  axes: Axes | undefined,
  { keepDims = false }: ReduceOptions,
): Tensor {
  const largest = reduce('max', cast(tensor, 'float32'), axes, KEPT, 'logSumExp');
  // A row of nothing but infinities keeps them: inf - inf would be NaN.
  const shift = where(largest.abs().less(Number.POSITIVE_INFINITY), largest, 0);
  const total = reduce('sum', tensor.sub(shift).exp(), axes, KEPT).log().add(shift);
  const list = normalizeAxes(axes, tensor.shape, 'logSumExp');
  return keepDims
    ? total
    : reshape(
        total,
        total.shape.filter((_, axis) => !list.includes(axis)),
      );
}
