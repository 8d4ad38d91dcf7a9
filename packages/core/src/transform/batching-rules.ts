import type { Node, Primitive } from '../graph/node.ts';
import { where } from '../tensor/elementwise.ts';
import { gather, scatterAdd } from '../tensor/indexing.ts';
import { counting, make } from '../tensor/make.ts';
import { matmul } from '../tensor/matmul.ts';
import { expand, flip, moveAxis, permute, reshape } from '../tensor/movement.ts';
import { reduce } from '../tensor/reduce.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** A tensor of a batched computation; the batch is its first axis, if it depends on the batch at all. */
export interface Batched {
  readonly tensor: Tensor;
  readonly isBatched: boolean;
}

/** The same for every element of the batch, as a view. */
export const spread = ({ tensor, isBatched }: Batched, size: number): Tensor =>
  isBatched ? tensor : expand(reshape(tensor, [1, ...tensor.shape]), [size, ...tensor.shape]);

/** What a node does, done for a whole batch; at least one operand is batched, and so is the result. */
export function batch(node: Node, operands: readonly Batched[], size: number): Tensor {
  const { primitive, dtype } = node;
  const shape = [size, ...node.shape];
  const [first, ...rest] = operands.map((operand) => spread(operand, size));
  if (!first) throw new RangeError(`A ${primitive.kind} has no operands to be batched.`);
  const all: readonly [Tensor, ...Tensor[]] = [first, ...rest];
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
      const added = shape.length - first.rank;
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
  [a, b = a]: readonly [Tensor, ...Tensor[]],
): Tensor {
  // Many matrices times one are one tall matrix times it.
  if (left?.isBatched && right && !right.isBatched && right.tensor.rank === 2) {
    const inner = right.tensor.shape[0] ?? 1;
    return reshape(matmul(reshape(a, [a.size / Math.max(1, inner), inner]), right.tensor), shape);
  }
  return matmul(a, b);
}

function batchIndexed(
  primitive: Extract<Primitive, { kind: 'gather' | 'scatterAdd' }>,
  node: Node,
  [, indices]: readonly Batched[],
  [values, spreadIndices = values]: readonly [Tensor, ...Tensor[]],
  size: number,
): Tensor {
  const axis = primitive.axis + 1;
  if (indices && !indices.isBatched) {
    return primitive.kind === 'gather'
      ? gather(values, indices.tensor, axis)
      : scatterAdd(values, indices.tensor, axis, node.shape[primitive.axis] ?? 1);
  }
  // Each element of the batch has indices of its own: one table of all rows, and places that count on through it.
  const length = (primitive.kind === 'gather' ? values.shape[axis] : node.shape[primitive.axis]) ?? 1;
  const isInside = spreadIndices.greaterEqual(0).mul(spreadIndices.less(length));
  const offsets = counting(size, 0, 2, values.device).mul(length);
  const places = reshape(where(isInside, spreadIndices.add(offsets), -1), [-1]);
  const rows = moveAxis(values, axis, 1);
  const others = rows.shape.slice(2);
  const flat = reshape(rows, [size * (rows.shape[1] ?? 1), ...others]);
  const result =
    primitive.kind === 'gather' ? gather(flat, places, 0) : scatterAdd(flat, places, 0, size * length);
  const count = (result.shape[0] ?? 0) / Math.max(1, size);
  return moveAxis(reshape(result, [size, count, ...others]), 1, axis);
}
