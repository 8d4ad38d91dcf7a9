import type { Node } from '../graph/node.ts';
import { lengthOf, normalizeAxis } from '../graph/shape.ts';
import { add, binary, counted } from './elementwise.ts';
import type { ReduceOptions } from './make.ts';
import { concat, slice, squeeze } from './movement.ts';
import { reduce } from './reduce.ts';

/**
 * Folds of all elements up to each one: log2(length) steps, each of which combines every element with the one twice as far
 * before it as in the last (Hillis and Steele 1986). Made of element-wise work and joins, so it has its derivatives.
 */
export function cumulative(
  fn: 'add' | 'mul' | 'maximum' | 'minimum',
  x: Node,
  axis: number,
  operation: string,
): Node {
  const normal = normalizeAxis(axis, x.shape, operation);
  const length = lengthOf(x.shape, normal);
  let folded = counted(x);
  const part = (from: number, to: number): Node =>
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
export function product(x: Node, axis: number, options: ReduceOptions): Node {
  const normal = normalizeAxis(axis, x.shape, 'prod');
  const length = lengthOf(x.shape, normal);
  // The product of nothing.
  if (length === 0) return add(reduce('sum', x, normal, options, 'prod'), 1);
  const last = slice(
    cumulative('mul', x, normal, 'prod'),
    x.shape.map((_, at) => (at === normal ? ([length - 1, length] as const) : null)),
  );
  return options.keepDims ? last : squeeze(last, normal);
}
