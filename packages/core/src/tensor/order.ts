import { CoreError } from '../core-error.ts';
import { cast, widened } from './elementwise.ts';
import { takeAlong } from './indexing.ts';
import { make } from './make.ts';
import { moveAxis, slice } from './movement.ts';
import { normalizeAxis, shapeText } from './shape.ts';
import type { Tensor } from './tensor.ts';

export interface SortOptions {
  /** Largest first. NaN comes last either way. */
  readonly isDescending?: boolean;
}

/** The places of the elements of an axis in ascending order; equal elements keep theirs; int32. */
export function argsort(
  tensor: Tensor,
  axis: number,
  { isDescending = false }: SortOptions = {},
  operation = 'argsort',
): Tensor {
  const normal = normalizeAxis(axis, tensor.shape, operation);
  const numeric = tensor.dtype === 'bool' ? cast(tensor, 'int32') : widened(tensor);
  const last = moveAxis(numeric, normal, -1);
  return moveAxis(make({ kind: 'argsort', isDescending }, [last], last.shape, 'int32'), -1, normal);
}

/** The elements of an axis in ascending order. */
export const sort = (tensor: Tensor, axis: number, options: SortOptions = {}): Tensor =>
  takeAlong(tensor, argsort(tensor, axis, options, 'sort'), axis);

/** The `count` largest elements of an axis, largest first, and their places. */
export function topK(
  tensor: Tensor,
  count: number,
  axis = -1,
): { readonly values: Tensor; readonly indices: Tensor } {
  const normal = normalizeAxis(axis, tensor.shape, 'topK');
  const length = tensor.shape[normal] ?? 1;
  if (!Number.isInteger(count) || count < 1 || count > length) {
    throw new CoreError(
      'COUNT',
      `topK: there are no ${count} elements on axis ${axis} of ${shapeText(tensor.shape)}.`,
      `Ask for 1 to ${length}.`,
    );
  }
  const order = argsort(tensor, normal, { isDescending: true });
  const indices = slice(
    order,
    order.shape.map((_, at) => (at === normal ? ([0, count] as const) : null)),
  );
  return { values: takeAlong(tensor, indices, normal), indices };
}
