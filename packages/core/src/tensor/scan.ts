import { binary, cast } from './elementwise.ts';
import { concat, slice } from './movement.ts';
import { normalizeAxis } from './shape.ts';
import type { Tensor } from './tensor.ts';

/**
 * Folds of all elements up to each one: log2(length) steps, each of which combines every element with the one twice as far
 * before it as in the last (Hillis and Steele 1986). Made of element-wise work and joins, so it has its derivatives.
 */
export function cumulative(fn: 'add' | 'mul' | 'maximum', tensor: Tensor, axis: number): Tensor {
  const normal = normalizeAxis(axis, tensor.rank, `cumulative ${fn}`);
  const length = tensor.shape[normal] ?? 1;
  let folded = tensor.dtype === 'bool' ? cast(tensor, 'int32') : tensor;
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
