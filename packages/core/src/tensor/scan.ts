import { binary, cast, widened } from './elementwise.ts';
import { concat, slice, squeeze } from './movement.ts';
import { reduce } from './reduce.ts';
import { normalizeAxis } from './shape.ts';
import type { ReduceOptions, Tensor } from './tensor.ts';

/**
 * Folds of all elements up to each one: log2(length) steps, each of which combines every element with the one twice as far
 * before it as in the last (Hillis and Steele 1986). Made of element-wise work and joins, so it has its derivatives.
 */
export function cumulative(
  fn: 'add' | 'mul' | 'maximum',
  tensor: Tensor,
  axis: number,
  operation: string,
): Tensor {
  const normal = normalizeAxis(axis, tensor.shape, operation);
  const length = tensor.shape[normal] ?? 1;
  let folded = tensor.dtype === 'bool' ? cast(tensor, 'int32') : widened(tensor);
  const part = (from: number, to: number): Tensor =>
    slice(
      folded,
      folded.shape.map((_, at) => (at === normal ? ([from, to] as const) : null)),
    );
  for (let distance = 1; distance < length; distance *= 2) {
    const combined = binary(fn, part(distance, length), part(0, length - distance));
    folded = concat([part(0, distance), combined], normal);
  }
  return folded;
}

/** The product along an axis: the last of the products so far, exact where elements are zero, and so is its gradient. */
export function product(tensor: Tensor, axis: number, options: ReduceOptions): Tensor {
  const normal = normalizeAxis(axis, tensor.shape, 'prod');
  const length = tensor.shape[normal] ?? 1;
  // The product of nothing.
  if (length === 0) return reduce('sum', tensor, normal, options).add(1);
  const last = slice(
    cumulative('mul', tensor, normal, 'prod'),
    tensor.shape.map((_, at) => (at === normal ? ([length - 1, length] as const) : null)),
  );
  return options.keepDims ? last : squeeze(last, normal);
}
