import type { Primitive } from '../graph/node.ts';
import { concat } from '../tensor/movement.ts';
import { reduce } from '../tensor/reduce.ts';
import { isSameShape, type Shape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

type Windows = Extract<Primitive, { kind: 'windows' }>;

/** Sums a gradient back to the shape that was stretched. */
export function sumTo(g: Tensor, shape: Shape): Tensor {
  if (isSameShape(g.shape, shape)) return g;
  const added = g.rank - shape.length;
  const axes = g.shape.flatMap((length, axis) =>
    axis < added || (shape[axis - added] === 1 && length !== 1) ? [axis] : [],
  );
  return reduce('sum', g, axes, { keepDims: true }).reshape(shape);
}

/** Adds overlapping windows up where they came from: one shifted piece among zeros for each place in the window. */
export function fold(g: Tensor, shape: Shape, { axes, sizes, strides, dilations }: Windows): Tensor {
  const positions = g.shape.slice(0, shape.length);
  let sum: Tensor | undefined;
  for (let flat = 0; flat < sizeOf(sizes); flat++) {
    const at = sizes.map((size, index) => Math.floor(flat / sizeOf(sizes.slice(index + 1))) % size);
    const piece = g
      .slice([...positions.map(() => null), ...at.map((place) => [place, place + 1] as const)])
      .reshape(positions);
    const onAxis = (axis: number, values: readonly number[], otherwise: number): number =>
      values[axes.indexOf(axis)] ?? otherwise;
    const starts = shape.map((_, axis) => onAxis(axis, at, 0) * onAxis(axis, dilations, 1));
    const steps = shape.map((_, axis) => onAxis(axis, strides, 1));
    const placed = unslice(piece, shape, starts, steps);
    sum = sum ? sum.add(placed) : placed;
  }
  return sum ?? g.reshape(shape);
}

/** Puts the gradient of a slice back among zeros; with steps, zeros go between the elements first. */
export function unslice(
  g: Tensor,
  shape: Shape,
  starts: readonly number[],
  steps: readonly number[],
): Tensor {
  let spread = g;
  for (const [axis, step] of steps.entries()) {
    if (step === 1 || spread.size === 0) continue;
    const shapeWithGap = [...spread.shape.slice(0, axis + 1), 1, ...spread.shape.slice(axis + 1)];
    const gap = spread.reshape(shapeWithGap);
    const zeros = gap.mul(0);
    const parts: [Tensor, ...Tensor[]] = [gap, ...Array.from({ length: step - 1 }, () => zeros)];
    const merged = spread.shape.map((length, at) => (at === axis ? length * step : length));
    spread = concat(parts, axis + 1).reshape(merged);
  }
  const fitted = spread.slice(
    spread.shape.map(
      (length, axis) => [0, Math.min(length, (shape[axis] ?? 0) - (starts[axis] ?? 0))] as const,
    ),
  );
  return fitted.pad(
    shape.map((length, axis) => {
      const before = starts[axis] ?? 0;
      return [before, length - before - (fitted.shape[axis] ?? 0)] as const;
    }),
  );
}
