import type { Node } from '../graph/node.ts';
import { normalizeAxes, normalizeAxis, sizeOf } from '../graph/shape.ts';
import { abs, add, cast, exp, less, log, mul, pow, sub, where } from './elementwise.ts';
import type { Axes, ReduceOptions } from './make.ts';
import { reshape } from './movement.ts';
import { reduce } from './reduce.ts';

const KEPT = { keepDims: true };

// All three subtract the largest element first, so that no exponential overflows where the result does not.

/** Distributions over nothing. */
function nothing(x: Node, axis: number, operation: string): Node {
  normalizeAxis(axis, x.shape, operation);
  return x;
}

export function softmax(given: Node, axis: number): Node {
  const x = cast(given, 'float32');
  if (sizeOf(x.shape) === 0) return nothing(x, axis, 'softmax');
  const shifted = exp(sub(x, reduce('max', x, axis, KEPT, 'softmax')));
  // One division per row, and not one per element.
  return mul(shifted, pow(reduce('sum', shifted, axis, KEPT), -1));
}

export function logSoftmax(given: Node, axis: number): Node {
  const x = cast(given, 'float32');
  if (sizeOf(x.shape) === 0) return nothing(x, axis, 'logSoftmax');
  const shifted = sub(x, reduce('max', x, axis, KEPT, 'logSoftmax'));
  return sub(shifted, log(reduce('sum', exp(shifted), axis, KEPT)));
}

export function logSumExp(x: Node, axes: Axes | undefined, { keepDims = false }: ReduceOptions): Node {
  const list = normalizeAxes(axes, x.shape, 'logSumExp');
  // log 0.
  if (list.some((axis) => x.shape[axis] === 0))
    return log(reduce('sum', cast(x, 'float32'), list, { keepDims }));
  const largest = reduce('max', cast(x, 'float32'), axes, KEPT, 'logSumExp');
  // A row of nothing but infinities keeps them: inf - inf would be NaN.
  const shift = where(less(abs(largest), Number.POSITIVE_INFINITY), largest, 0);
  const total = add(log(reduce('sum', exp(sub(x, shift)), axes, KEPT)), shift);
  return keepDims
    ? total
    : reshape(
        total,
        total.shape.filter((_, axis) => !list.includes(axis)),
      );
}
