import type { Node } from '../graph/node.ts';
import { normalizeAxes } from '../graph/shape.ts';
import { abs, add, cast, exp, less, log, mul, pow, sub, where } from './elementwise.ts';
import type { Axes, ReduceOptions } from './make.ts';
import { reshape } from './movement.ts';
import { reduce } from './reduce.ts';

const KEPT = { keepDims: true };

// All three subtract the largest element first, so that no exponential overflows where the result does not.

export function softmax(x: Node, axis: number): Node {
  const shifted = exp(sub(x, reduce('max', x, axis, KEPT, 'softmax')));
  // One division per row, and not one per element.
  return mul(shifted, pow(reduce('sum', shifted, axis, KEPT), -1));
}

export function logSoftmax(x: Node, axis: number): Node {
  const shifted = sub(x, reduce('max', x, axis, KEPT, 'logSoftmax'));
  return sub(shifted, log(reduce('sum', exp(shifted), axis, KEPT)));
}

export function logSumExp(x: Node, axes: Axes | undefined, { keepDims = false }: ReduceOptions): Node {
  const largest = reduce('max', cast(x, 'float32'), axes, KEPT, 'logSumExp');
  // A row of nothing but infinities keeps them: inf - inf would be NaN.
  const shift = where(less(abs(largest), Number.POSITIVE_INFINITY), largest, 0);
  const total = add(log(reduce('sum', exp(sub(x, shift)), axes, KEPT)), shift);
  const list = normalizeAxes(axes, x.shape, 'logSumExp');
  return keepDims
    ? total
    : reshape(
        total,
        total.shape.filter((_, axis) => !list.includes(axis)),
      );
}
