import type { Node, Primitive } from '../graph/node.ts';
import { lengthOf, sizeOf } from '../graph/shape.ts';
import { add, greaterEqual, less, mul, where } from '../operation/elementwise.ts';
import { gather, scatterAdd } from '../operation/indexing.ts';
import { counting, make } from '../operation/make.ts';
import { matmul } from '../operation/matmul.ts';
import { expand, flip, moveAxis, permute, reshape } from '../operation/movement.ts';
import { reduce } from '../operation/reduce.ts';

/** A value of a batched computation; the batch is its first axis, if it depends on the batch at all. */
export interface Batched {
  readonly value: Node;
  readonly isBatched: boolean;
}

/** The same for every element of the batch, as a view. */
export const spread = ({ value, isBatched }: Batched, size: number): Node =>
  isBatched ? value : expand(reshape(value, [1, ...value.shape]), [size, ...value.shape]);

/** What a node does, done for a whole batch; at least one operand is batched, and so is the result. */
export function batch(node: Node, operands: readonly Batched[], size: number): Node {
  const { primitive, dtype } = node;
  const shape = [size, ...node.shape];
  const [first, ...rest] = operands.map((operand) => spread(operand, size));
  if (!first) throw new RangeError(`A ${primitive.kind} has no operands to be batched.`);
  const all: readonly [Node, ...Node[]] = [first, ...rest];
  switch (primitive.kind) {
    case 'reduce':
      return reduce(primitive.fn, first, behindBatch(primitive.axes), { keepDims: true });
    case 'matmul':
      return batchMatmul(operands, shape, all);
    case 'reshape':
      return reshape(first, shape);
    case 'permute':
      return permute(first, [0, ...behindBatch(primitive.permutation)]);
    case 'expand': {
      const added = shape.length - first.shape.length;
      const ones = new Array<number>(added).fill(1);
      return expand(reshape(first, [size, ...ones, ...first.shape.slice(1)]), shape);
    }
    case 'flip':
      return flip(first, behindBatch(primitive.axes));
    case 'gather':
    case 'scatterAdd':
      return batchIndexed(primitive, node, operands, all, size);
    default:
      return make(shifted(primitive), all, shape, dtype);
  }
}

const behindBatch = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);

/** The primitive with an axis in front that it leaves alone. */
function shifted(primitive: Primitive): Primitive {
  switch (primitive.kind) {
    case 'slice':
      return { ...primitive, starts: [0, ...primitive.starts], steps: [1, ...primitive.steps] };
    case 'windows':
      return { ...primitive, axes: behindBatch(primitive.axes) };
    case 'assemble':
      return { ...primitive, offsets: primitive.offsets.map((one) => [0, ...one]) };
    default:
      return primitive;
  }
}

function batchMatmul(
  [left, right]: readonly Batched[],
  shape: readonly number[],
  [a, b = a]: readonly [Node, ...Node[]],
): Node {
  // Many matrices times one are one tall matrix times it.
  if (left?.isBatched && right && !right.isBatched && right.value.shape.length === 2) {
    const inner = lengthOf(right.value.shape, 0);
    return reshape(matmul(reshape(a, [sizeOf(a.shape) / Math.max(1, inner), inner]), right.value), shape);
  }
  return matmul(a, b);
}

function batchIndexed(
  primitive: Extract<Primitive, { kind: 'gather' | 'scatterAdd' }>,
  node: Node,
  [, indices]: readonly Batched[],
  [values, spreadIndices = values]: readonly [Node, ...Node[]],
  size: number,
): Node {
  const axis = primitive.axis + 1;
  if (indices && !indices.isBatched) {
    return primitive.kind === 'gather'
      ? gather(values, indices.value, axis)
      : scatterAdd(values, indices.value, axis, lengthOf(node.shape, primitive.axis));
  }
  // Each element of the batch has indices of its own: one table of all rows, and places that count on through it.
  const length =
    primitive.kind === 'gather' ? lengthOf(values.shape, axis) : lengthOf(node.shape, primitive.axis);
  const isInside = mul(greaterEqual(spreadIndices, 0), less(spreadIndices, length));
  const offsets = mul(counting(size, 0, 2, values.device), length);
  const places = reshape(where(isInside, add(spreadIndices, offsets), -1), [-1]);
  const rows = moveAxis(values, axis, 1);
  const others = rows.shape.slice(2);
  const flat = reshape(rows, [size * lengthOf(rows.shape, 1), ...others]);
  const result =
    primitive.kind === 'gather' ? gather(flat, places, 0) : scatterAdd(flat, places, 0, size * length);
  const count = lengthOf(result.shape, 0) / Math.max(1, size);
  return moveAxis(reshape(result, [size, count, ...others]), 1, axis);
}
