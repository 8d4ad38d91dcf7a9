import type { TypedArrayOf } from '../../src/graph/dtype.ts';
import type { View } from '../../src/schedule/view.ts';

/**
 * Copies the elements [from, from + count) of a view, in row-major order, to the front of a target. The innermost axis is a
 * plain loop; the outer ones are an odometer.
 */
export function stridedCopy(
  source: TypedArrayOf,
  view: View,
  from: number,
  count: number,
  target: TypedArrayOf,
): void {
  const rank = view.shape.length;
  if (rank === 0) {
    target[0] = source[view.offset] ?? 0;
    return;
  }
  const { shape, strides } = view;
  const index = new Array<number>(rank).fill(0);
  let rest = from;
  for (let axis = rank - 1; axis >= 0; axis--) {
    const length = shape[axis] ?? 1;
    index[axis] = rest % length;
    rest = Math.floor(rest / length);
  }
  let place = index.reduce((sum, at, axis) => sum + at * (strides[axis] ?? 0), view.offset);
  const last = rank - 1;
  const innerLength = shape[last] ?? 1;
  const innerStride = strides[last] ?? 0;
  let written = 0;
  while (written < count) {
    const run = Math.min(innerLength - (index[last] ?? 0), count - written);
    if (innerStride === 1) {
      for (let i = 0; i < run; i++) target[written + i] = source[place + i] ?? 0;
    } else {
      for (let i = 0, at = place; i < run; i++, at += innerStride) target[written + i] = source[at] ?? 0;
    }
    written += run;
    // Carry into the outer axes.
    place -= (index[last] ?? 0) * innerStride;
    index[last] = 0;
    for (let axis = last - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      place += strides[axis] ?? 0;
      if (next < (shape[axis] ?? 1)) {
        index[axis] = next;
        break;
      }
      index[axis] = 0;
      place -= next * (strides[axis] ?? 0);
    }
  }
}
