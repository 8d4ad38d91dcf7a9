import { CoreError } from '../core-error.ts';
import type { Node } from '../graph/node.ts';
import { lengthOf, normalizeAxis, shapeText } from '../graph/shape.ts';
import { counted } from './elementwise.ts';
import { takeAlong } from './indexing.ts';
import { make } from './make.ts';
import { moveAxis, slice } from './movement.ts';

export interface SortOptions {
  /** Largest first. NaN is above all numbers: last in ascending order, first in descending order, as PyTorch has it. */
  readonly isDescending?: boolean;
}

/** The places of the elements of an axis in ascending order; equal elements keep theirs; int32. */
export function argsort(
  x: Node,
  axis: number,
  { isDescending = false }: SortOptions = {},
  operation = 'argsort',
): Node {
  const normal = normalizeAxis(axis, x.shape, operation);
  const last = moveAxis(counted(x), normal, -1);
  return moveAxis(make({ kind: 'argsort', isDescending }, [last], last.shape, 'int32'), -1, normal);
}

/** The elements of an axis in ascending order. */
export const sort = (x: Node, axis: number, options: SortOptions = {}): Node =>
  takeAlong(x, argsort(x, axis, options, 'sort'), axis);

export function topK(
  x: Node,
  count: number,
  axis: number,
): { readonly values: Node; readonly indices: Node } {
  const normal = normalizeAxis(axis, x.shape, 'topK');
  const length = lengthOf(x.shape, normal);
  if (!Number.isInteger(count) || count < 1 || count > length) {
    throw new CoreError(
      'COUNT',
      `topK: there are no ${count} elements on axis ${axis} of ${shapeText(x.shape)}.`,
      `Ask for 1 to ${length}.`,
    );
  }
  const order = argsort(x, normal, { isDescending: true });
  const indices = slice(
    order,
    order.shape.map((_, at) => (at === normal ? ([0, count] as const) : null)),
  );
  return { values: takeAlong(x, indices, normal), indices };
}
