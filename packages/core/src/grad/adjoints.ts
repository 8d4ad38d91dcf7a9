import type { Node, Primitive } from '../graph/node.ts';
import { isSameShape, lengthOf, type Shape, sizeOf } from '../graph/shape.ts';
import { invariant } from '../invariant.ts';
import { add, mul } from '../operation/elementwise.ts';
import { concat, pad, reshape, slice } from '../operation/movement.ts';
import { sum } from '../operation/reduce.ts';

type Windows = Extract<Primitive, { kind: 'windows' }>;

/** Sums a gradient back to the shape that was stretched. */
export function sumTo(g: Node, shape: Shape): Node {
  if (isSameShape(g.shape, shape)) return g;
  const added = g.shape.length - shape.length;
  const axes = g.shape.flatMap((length, axis) =>
    axis < added || (shape[axis - added] === 1 && length !== 1) ? [axis] : [],
  );
  return reshape(sum(g, axes, { keepDims: true }), shape);
}

/** Adds overlapping windows up where they came from: one shifted piece among zeros for each place in the window. */
export function fold(g: Node, shape: Shape, { axes, sizes, strides, dilations }: Windows): Node {
  const positions = g.shape.slice(0, shape.length);
  let total: Node | undefined;
  for (let flat = 0; flat < sizeOf(sizes); flat++) {
    const at = sizes.map((size, index) => Math.floor(flat / sizeOf(sizes.slice(index + 1))) % size);
    const place = at.map((one) => [one, one + 1] as const);
    const piece = reshape(slice(g, [...positions.map(() => null), ...place]), positions);
    const onAxis = (axis: number, values: readonly number[], otherwise: number): number =>
      values[axes.indexOf(axis)] ?? otherwise;
    const starts = shape.map((_, axis) => onAxis(axis, at, 0) * onAxis(axis, dilations, 1));
    const steps = shape.map((_, axis) => onAxis(axis, strides, 1));
    const placed = unslice(piece, shape, starts, steps);
    total = total ? add(total, placed) : placed;
  }
  return total ?? reshape(g, shape);
}

/** Puts the gradient of a slice back among zeros; with steps, zeros go between the elements first. */
export function unslice(g: Node, shape: Shape, starts: readonly number[], steps: readonly number[]): Node {
  let spread = g;
  for (const [axis, step] of steps.entries()) {
    if (step === 1 || sizeOf(spread.shape) === 0) continue;
    const shapeWithGap = [...spread.shape.slice(0, axis + 1), 1, ...spread.shape.slice(axis + 1)];
    const gap = reshape(spread, shapeWithGap);
    const zeros = mul(gap, 0);
    const parts: [Node, ...Node[]] = [gap, ...Array.from({ length: step - 1 }, () => zeros)];
    const merged = spread.shape.map((length, at) => (at === axis ? length * step : length));
    spread = reshape(concat(parts, axis + 1), merged);
  }
  const startOf = (axis: number): number => invariant(starts[axis], 'the start of a slice');
  const fitted = slice(
    spread,
    spread.shape.map((length, axis) => [0, Math.min(length, lengthOf(shape, axis) - startOf(axis))] as const),
  );
  return pad(
    fitted,
    shape.map((length, axis) => {
      const before = startOf(axis);
      return [before, length - before - lengthOf(fitted.shape, axis)] as const;
    }),
  );
}
