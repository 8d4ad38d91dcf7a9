import type { Node, Primitive } from '../graph/node.ts';
import { where } from '../tensor/elementwise.ts';
import { scatterAdd } from '../tensor/indexing.ts';
import { concat, flip } from '../tensor/movement.ts';
import { reduce } from '../tensor/reduce.ts';
import { isSameShape, type Shape, sizeOf } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';

type Windows = Extract<Primitive, { kind: 'windows' }>;

/** The gradients with respect to a node's inputs, given the one with respect to its output; undefined where there is none. */
export function vectorJacobianProduct(node: Node, g: Tensor): readonly (Tensor | undefined)[] {
  const input = (index: number): Tensor => new Tensor(node.inputs[index] ?? node);
  const { primitive } = node;
  switch (primitive.kind) {
    case 'elementwise':
      return elementwise(
        primitive.fn,
        new Tensor(node),
        node.inputs.map((one) => new Tensor(one)),
        g,
      );
    case 'reduce': {
      const x = input(0);
      if (primitive.fn === 'sum') return [g.expand(x.shape)];
      // Equal largest elements share the gradient.
      const isLargest = x.equal(new Tensor(node)).cast('float32');
      return [isLargest.mul(g).div(isLargest.sum([...primitive.axes], { keepDims: true }))];
    }
    case 'matmul': {
      const swap = (t: Tensor): Tensor =>
        t.transpose([...t.shape.keys()].map((axis) => swapLast(axis, t.rank)));
      return [g.matmul(swap(input(1))), swap(input(0)).matmul(g)];
    }
    case 'reshape':
      return [g.reshape(input(0).shape)];
    case 'permute':
      return [g.transpose(primitive.permutation.map((_, axis) => primitive.permutation.indexOf(axis)))];
    case 'expand':
      return [sumTo(g, input(0).shape)];
    case 'slice':
      return [unslice(g, input(0).shape, primitive.starts, primitive.steps)];
    case 'flip':
      return [flip(g, primitive.axes)];
    case 'windows':
      return [fold(g, input(0).shape, primitive)];
    case 'assemble':
      return node.inputs.map((one, index) => {
        const offsets = primitive.offsets[index] ?? [];
        return g.slice(
          one.shape.map((length, axis) => [offsets[axis] ?? 0, (offsets[axis] ?? 0) + length] as const),
        );
      });
    case 'gather':
      return [scatterAdd(g, input(1), primitive.axis, input(0).shape[primitive.axis] ?? 1), undefined];
    case 'scatterAdd':
      return [g.gather(input(1), primitive.axis), undefined];
    default:
      return [];
  }
}

const swapLast = (axis: number, rank: number): number =>
  axis === rank - 1 ? rank - 2 : axis === rank - 2 ? rank - 1 : axis;

function elementwise(
  fn: string,
  y: Tensor,
  [a = y, b = y]: readonly Tensor[],
  g: Tensor,
): readonly (Tensor | undefined)[] {
  switch (fn) {
    case 'neg':
      return [g.neg()];
    case 'exp':
      return [g.mul(y)];
    case 'log':
      return [g.div(a)];
    case 'sqrt':
      return [g.mul(0.5).div(y)];
    case 'abs':
      return [g.mul(a.sign())];
    case 'sin':
      return [g.mul(a.cos())];
    case 'cos':
      return [g.mul(a.sin()).neg()];
    case 'tanh':
      return [g.mul(y.mul(y).neg().add(1))];
    case 'add':
      return [g, g];
    case 'sub':
      return [g, g.neg()];
    case 'mul':
      return [g.mul(b), g.mul(a)];
    case 'div':
      return [g.div(b), g.mul(y).div(b).neg()];
    case 'pow':
      // Where the base is not positive the exponent's gradient is not defined; zero keeps it out of sums.
      return [g.mul(b).mul(a.pow(b.sub(1))), where(a.greater(0), g.mul(y).mul(a.maximum(1e-38).log()), 0)];
    case 'maximum':
      return [
        where(b.less(a), g, where(a.equal(b), g.mul(0.5), 0)),
        where(a.less(b), g, where(a.equal(b), g.mul(0.5), 0)),
      ];
    case 'minimum':
      return [
        where(a.less(b), g, where(a.equal(b), g.mul(0.5), 0)),
        where(b.less(a), g, where(a.equal(b), g.mul(0.5), 0)),
      ];
    case 'where':
      return [undefined, where(a, g, 0), where(a, 0, g)];
    case 'cast':
      return [a.dtype === 'float32' ? g.cast('float32') : undefined];
    default:
      // Comparisons, floor and sign are flat almost everywhere.
      return [];
  }
}

/** Sums a gradient back to the shape that was stretched. */
function sumTo(g: Tensor, shape: Shape): Tensor {
  if (isSameShape(g.shape, shape)) return g;
  const added = g.rank - shape.length;
  const axes = g.shape.flatMap((length, axis) =>
    axis < added || (shape[axis - added] === 1 && length !== 1) ? [axis] : [],
  );
  return reduce('sum', g, axes, { keepDims: true }).reshape(shape);
}

/** Adds overlapping windows up where they came from: one shifted piece among zeros for each place in the window. */
function fold(g: Tensor, shape: Shape, { axes, sizes, strides, dilations }: Windows): Tensor {
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
function unslice(g: Tensor, shape: Shape, starts: readonly number[], steps: readonly number[]): Tensor {
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
