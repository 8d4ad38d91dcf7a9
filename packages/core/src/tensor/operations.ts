import { CoreError } from '../core-error.ts';
import type { DType } from '../graph/dtype.ts';
import {
  type ArithmeticFunction,
  type ComparisonFunction,
  resultType,
  type UnaryFunction,
} from '../graph/elementwise.ts';
import { makeNode, type Primitive } from '../graph/node.ts';
import {
  broadcastShapes,
  inferShape,
  isSameShape,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  shapeText,
} from './shape.ts';
import { type Axes, type Operand, type ReduceOptions, Tensor } from './tensor.ts';

const INTEGER_UNARY: ReadonlySet<string> = new Set(['neg', 'abs', 'sign', 'not', 'floor']);

/** A tensor from a primitive over others, which all live on one device. @throws TRS_CORE_DEVICE_MISMATCH */
function make(
  primitive: Primitive,
  inputs: readonly [Tensor, ...Tensor[]],
  shape: Shape,
  dtype: DType,
): Tensor {
  const [{ device }] = inputs;
  const stranger = inputs.find((input) => input.device !== device);
  if (stranger) {
    throw new CoreError(
      'DEVICE_MISMATCH',
      `${primitive.kind}: one operand is on ${device.name}, another on ${stranger.device.name}.`,
      'Make both tensors on the same device.',
    );
  }
  return new Tensor(
    makeNode(
      primitive,
      inputs.map((input) => input.node),
      shape,
      dtype,
      device,
    ),
  );
}

/** A number as a scalar tensor beside another: of its type, or float32 when the number is no integer. */
export function asTensor(operand: Operand, beside: Tensor): Tensor {
  if (operand instanceof Tensor) return operand;
  const dtype = beside.dtype === 'int32' && Number.isInteger(operand) ? 'int32' : 'float32';
  return new Tensor(makeNode({ kind: 'constant', value: operand }, [], [], dtype, beside.device));
}

export function checkScalar(tensor: Tensor): void {
  if (tensor.size === 1) return;
  throw new CoreError(
    'NOT_A_SCALAR',
    `A tensor of shape ${shapeText(tensor.shape)} has no single element.`,
    'Reduce it first, for example with sum() or mean().',
  );
}

export function cast(tensor: Tensor, dtype: DType): Tensor {
  if (tensor.dtype === dtype) return tensor;
  return make({ kind: 'elementwise', fn: 'cast' }, [tensor], tensor.shape, dtype);
}

export function unary(fn: UnaryFunction, tensor: Tensor): Tensor {
  // Transcendental functions of integers are computed in float32, as NumPy promotes them.
  const operand = tensor.dtype !== 'float32' && !INTEGER_UNARY.has(fn) ? cast(tensor, 'float32') : tensor;
  const numeric = operand.dtype === 'bool' && fn !== 'not' ? cast(operand, 'int32') : operand;
  return make({ kind: 'elementwise', fn }, [numeric], numeric.shape, resultType(fn, numeric.dtype));
}

export function binary(fn: ArithmeticFunction | ComparisonFunction, left: Tensor, right: Operand): Tensor {
  const other = asTensor(right, left);
  const isFloat = left.dtype === 'float32' || other.dtype === 'float32' || fn === 'div' || fn === 'pow';
  const dtype: DType = isFloat ? 'float32' : 'int32';
  const shape = broadcastShapes(left.shape, other.shape, fn);
  const operands: [Tensor, Tensor] = [expand(cast(left, dtype), shape), expand(cast(other, dtype), shape)];
  return make({ kind: 'elementwise', fn }, operands, shape, resultType(fn, dtype));
}

/** `whenTrue` where the condition is not zero, `whenFalse` elsewhere. All three broadcast. */
export function where(condition: Tensor, whenTrue: Operand, whenFalse: Operand): Tensor {
  const floats = new Tensor(makeNode({ kind: 'constant', value: 0 }, [], [], 'float32', condition.device));
  const beside = whenTrue instanceof Tensor ? whenTrue : whenFalse instanceof Tensor ? whenFalse : floats;
  const [yes, no] = [asTensor(whenTrue, beside), asTensor(whenFalse, beside)];
  const dtype = yes.dtype === no.dtype ? yes.dtype : 'float32';
  const shape = broadcastShapes(condition.shape, broadcastShapes(yes.shape, no.shape, 'where'), 'where');
  return make(
    { kind: 'elementwise', fn: 'where' },
    [expand(cast(condition, 'bool'), shape), expand(cast(yes, dtype), shape), expand(cast(no, dtype), shape)],
    shape,
    dtype,
  );
}

export function reduce(
  fn: 'sum' | 'max',
  tensor: Tensor,
  axes: Axes | undefined,
  { keepDims = false }: ReduceOptions,
): Tensor {
  const numeric = tensor.dtype === 'bool' ? cast(tensor, 'int32') : tensor;
  const list = normalizeAxes(axes, tensor.rank, fn);
  if (fn === 'max' && list.some((axis) => tensor.shape[axis] === 0)) {
    throw new CoreError(
      'EMPTY_REDUCTION',
      `max: an axis of ${shapeText(tensor.shape)} is empty.`,
      'There is no largest of nothing.',
    );
  }
  const kept = tensor.shape.map((length, axis) => (list.includes(axis) ? 1 : length));
  const reduced =
    list.length === 0 ? numeric : make({ kind: 'reduce', fn, axes: list }, [numeric], kept, numeric.dtype);
  return keepDims
    ? reduced
    : reshape(
        reduced,
        kept.filter((_, axis) => !list.includes(axis)),
      );
}

export function argmax(tensor: Tensor, axis: number, options: ReduceOptions): Tensor {
  const normal = normalizeAxis(axis, tensor.rank, 'argmax');
  const length = tensor.shape[normal] ?? 1;
  const line = tensor.shape.map((_, at) => (at === normal ? length : 1));
  const counting = new Tensor(makeNode({ kind: 'iota' }, [], [length], 'int32', tensor.device));
  const places = counting.reshape(line);
  const isLargest = tensor.equal(tensor.max(normal, { keepDims: true }));
  // Counting down makes the first of equals the largest.
  const score = where(isLargest, places.neg().add(length), 0);
  return score.max(normal, options).neg().add(length);
}

export function matmul(left: Tensor, right: Tensor): Tensor {
  const [m, k] = left.shape.slice(-2);
  const [k2, n] = right.shape.slice(-2);
  if (m === undefined || k === undefined || n === undefined || k !== k2) {
    throw new CoreError(
      'SHAPE_MISMATCH',
      `matmul: the shapes ${shapeText(left.shape)} and ${shapeText(right.shape)} do not fit together.`,
      'It takes [..., m, k] and [..., k, n].',
    );
  }
  const batch = broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2), 'matmul');
  const a = expand(cast(left, 'float32'), [...batch, m, k]);
  const b = expand(cast(right, 'float32'), [...batch, k, n]);
  return make({ kind: 'matmul' }, [a, b], [...batch, m, n], 'float32');
}

export function reshape(tensor: Tensor, shape: Shape): Tensor {
  const full = inferShape(shape, tensor.size);
  return isSameShape(full, tensor.shape) ? tensor : make({ kind: 'reshape' }, [tensor], full, tensor.dtype);
}

export function permute(tensor: Tensor, permutation?: readonly number[]): Tensor {
  const order = permutation ?? tensor.shape.map((_, axis) => tensor.rank - 1 - axis);
  const normal = order.map((axis) => normalizeAxis(axis, tensor.rank, 'transpose'));
  if (normal.length !== tensor.rank || new Set(normal).size !== tensor.rank) {
    throw new CoreError(
      'AXIS',
      `transpose: [${order.join(', ')}] is no permutation of the axes of ${shapeText(tensor.shape)}.`,
      'Name each axis once.',
    );
  }
  if (normal.every((axis, index) => axis === index)) return tensor;
  const shape = normal.map((axis) => tensor.shape[axis] ?? 1);
  return make({ kind: 'permute', permutation: normal }, [tensor], shape, tensor.dtype);
}

export function expand(tensor: Tensor, shape: Shape): Tensor {
  if (isSameShape(tensor.shape, shape)) return tensor;
  if (!isSameShape(broadcastShapes(tensor.shape, shape, 'expand'), shape)) {
    throw new CoreError(
      'SHAPE_MISMATCH',
      `expand: ${shapeText(tensor.shape)} does not stretch to ${shapeText(shape)}.`,
      'Only axes of length 1 stretch.',
    );
  }
  return make({ kind: 'expand' }, [tensor], shape, tensor.dtype);
}

export function slice(
  tensor: Tensor,
  ranges: readonly (readonly [number, number, number?] | null)[],
): Tensor {
  const parts = tensor.shape.map((length, axis) => {
    const [start, end, step = 1] = ranges[axis] ?? [0, length];
    if (!Number.isInteger(step) || step < 1 || ranges.length > tensor.rank) {
      throw new CoreError(
        'SLICE',
        `slice: the step ${step} or the number of ranges does not fit.`,
        'Steps are whole numbers from 1 on.',
      );
    }
    const clamp = (place: number): number =>
      Math.min(length, Math.max(0, place < 0 ? place + length : place));
    const first = clamp(start);
    return { start: first, step, length: Math.max(0, Math.ceil((clamp(end) - first) / step)) };
  });
  const shape = parts.map((part) => part.length);
  const starts = parts.map((part) => part.start);
  return make(
    { kind: 'slice', starts, steps: parts.map((part) => part.step) },
    [tensor],
    shape,
    tensor.dtype,
  );
}

export function pad(tensor: Tensor, amounts: readonly (readonly [number, number])[]): Tensor {
  const shape = tensor.shape.map(
    (length, axis) => length + (amounts[axis]?.[0] ?? 0) + (amounts[axis]?.[1] ?? 0),
  );
  const offsets = [tensor.shape.map((_, axis) => amounts[axis]?.[0] ?? 0)];
  return make({ kind: 'assemble', offsets }, [tensor], shape, tensor.dtype);
}

/** Tensors one behind the other along an axis. @throws TRS_CORE_SHAPE_MISMATCH */
export function concat(tensors: readonly [Tensor, ...Tensor[]], axis = 0): Tensor {
  const [first] = tensors;
  const normal = normalizeAxis(axis, first.rank, 'concat');
  let length = 0;
  const offsets = tensors.map((tensor) => {
    const fits =
      tensor.rank === first.rank && tensor.shape.every((l, at) => at === normal || l === first.shape[at]);
    if (!fits || tensor.dtype !== first.dtype) {
      throw new CoreError(
        'SHAPE_MISMATCH',
        `concat: ${tensor.dtype}${shapeText(tensor.shape)} does not go with ${first.dtype}${shapeText(first.shape)} along axis ${axis}.`,
        'All other lengths, and the types, must be equal.',
      );
    }
    const offset = first.shape.map((_, at) => (at === normal ? length : 0));
    length += tensor.shape[normal] ?? 0;
    return offset;
  });
  const shape = first.shape.map((l, at) => (at === normal ? length : l));
  return make({ kind: 'assemble', offsets }, tensors, shape, first.dtype);
}

export function gather(tensor: Tensor, indices: Tensor, axis: number): Tensor {
  const normal = normalizeAxis(axis, tensor.rank, 'gather');
  if (indices.rank !== 1 || indices.dtype !== 'int32') {
    throw new CoreError(
      'GATHER',
      `gather: indices are ${indices.dtype}${shapeText(indices.shape)}.`,
      'They must be int32 of rank 1.',
    );
  }
  const shape = tensor.shape.map((length, at) => (at === normal ? indices.size : length));
  return make({ kind: 'gather', axis: normal }, [tensor, indices], shape, tensor.dtype);
}

/** The adjoint of `gather`: rows added up at their indices, in a tensor with `length` rows along the axis. */
export function scatterAdd(rows: Tensor, indices: Tensor, axis: number, length: number): Tensor {
  const shape = rows.shape.map((l, at) => (at === axis ? length : l));
  return make({ kind: 'scatterAdd', axis }, [rows, indices], shape, rows.dtype);
}
