import { contiguousStrides, isSameShape, type Shape, sizeOf } from '../graph/shape.ts';
import { at } from '../invariant.ts';

/** How to walk a buffer as a tensor: element `i` lies at `offset + sum(i[axis] * strides[axis])`. */
export interface View {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

export const contiguousView = (shape: Shape): View => ({
  shape,
  strides: contiguousStrides(shape),
  offset: 0,
});

/** Whether the view is the buffer's first elements in order. */
export function isContiguous(view: View): boolean {
  const strides = contiguousStrides(view.shape);
  return (
    view.offset === 0 &&
    view.shape.every((length, axis) => length <= 1 || view.strides[axis] === strides[axis])
  );
}

export const permuteView = (view: View, permutation: readonly number[]): View => ({
  shape: permutation.map((axis) => at(view.shape, axis, 'length')),
  strides: permutation.map((axis) => at(view.strides, axis, 'stride')),
  offset: view.offset,
});

/** Repeats axes of length 1; new axes come in front. */
export function expandView(view: View, shape: Shape): View {
  const added = shape.length - view.shape.length;
  const strides = shape.map((length, axis) => {
    const from = axis - added;
    return from < 0 || (view.shape[from] === 1 && length !== 1) ? 0 : at(view.strides, from, 'stride');
  });
  return { shape, strides, offset: view.offset };
}

export const sliceView = (
  view: View,
  shape: Shape,
  starts: readonly number[],
  steps: readonly number[],
): View => ({
  shape,
  strides: view.strides.map((stride, axis) => stride * at(steps, axis, 'step')),
  offset: view.strides.reduce(
    (offset, stride, axis) => offset + stride * at(starts, axis, 'start'),
    view.offset,
  ),
});

/** Axes read from their last element back: their strides become negative. */
export const flipView = (view: View, axes: readonly number[]): View => ({
  shape: view.shape,
  strides: view.strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
  offset: axes.reduce(
    (offset, axis) => offset + at(view.strides, axis, 'stride') * (at(view.shape, axis, 'length') - 1),
    view.offset,
  ),
});

/** Sliding windows over axes: positions stay where the axis was, places in the window come last. They overlap. */
export function windowsView(
  view: View,
  shape: Shape,
  axes: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): View {
  const positions = view.strides.map((stride, axis) => stride * (strides[axes.indexOf(axis)] ?? 1));
  const places = axes.map(
    (axis, index) => at(view.strides, axis, 'stride') * at(dilations, index, 'dilation'),
  );
  return { shape, strides: [...positions, ...places], offset: view.offset };
}

/**
 * Reshapes without a copy where it can: when axes are only added or removed with length 1, or the view is contiguous.
 * Undefined when a copy is needed.
 */
export function reshapeView(view: View, shape: Shape): View | undefined {
  if (isContiguous(view)) return contiguousView(shape);
  const wide = view.shape
    .map((length, axis) => ({ length, stride: at(view.strides, axis, 'stride') }))
    .filter((a) => a.length !== 1);
  if (
    !isSameShape(
      wide.map((axis) => axis.length),
      shape.filter((length) => length !== 1),
    )
  ) {
    return undefined;
  }
  let next = 0;
  const strides = shape.map((length) => (length === 1 ? 0 : (wide[next++]?.stride ?? 0)));
  return sizeOf(shape) === 0 ? contiguousView(shape) : { shape, strides, offset: view.offset };
}
