import { CoreError } from '../core-error.ts';
import type { Device } from '../device/device.ts';
import { type DType, isInt32 } from '../graph/dtype.ts';
import {
  lostValue,
  makeNode,
  missingValue,
  type Node,
  operationName,
  type Primitive,
} from '../graph/node.ts';
import { type Shape, shapeText, sizeOf } from '../graph/shape.ts';

/** A node, or a number that stretches to any shape. */
export type Operand = Node | number;
export type Axes = number | readonly number[];

export interface ReduceOptions {
  /** Leave reduced axes in place with length 1. */
  readonly keepDims?: boolean;
}

/** A node from a primitive over others, which all live on one device. @throws TRS_CORE_DEVICE_MISMATCH */
export function make(
  primitive: Primitive,
  inputs: readonly [Node, ...Node[]],
  shape: Shape,
  dtype: DType,
): Node {
  const [{ device }] = inputs;
  for (const node of inputs)
    if (node.released !== undefined) throw missingValue(node, operationName(primitive));
  const lost = device.lost === undefined ? undefined : inputs.find(({ buffer }) => buffer);
  if (lost) throw lostValue(lost, `${operationName(primitive)}: an operand`);
  const stranger = inputs.find((input) => input.device !== device);
  if (stranger) {
    throw new CoreError(
      'DEVICE_MISMATCH',
      `${operationName(primitive)}: ${shapeText(inputs[0].shape)} is on ${device.name}, ${shapeText(stranger.shape)} on ${stranger.device.name}.`,
      'Make both tensors on the same device.',
    );
  }
  return makeNode(primitive, inputs, shape, dtype, device);
}

/** A scalar that is known while the graph is built. */
export const constant = (value: number, dtype: DType, device: Device): Node =>
  makeNode({ kind: 'constant', value }, [], [], dtype, device);

/** 0, 1, … along one axis of a shape, and the same along the others; int32. */
export function counting(length: number, axis: number, rank: number, device: Device): Node {
  const line = Array.from({ length: rank }, (_, at) => (at === axis ? length : 1));
  return make(
    { kind: 'reshape' },
    [makeNode({ kind: 'iota' }, [], [length], 'int32', device)],
    line,
    'int32',
  );
}

/** A number as a scalar beside a node: of its type, or float32 when int32 does not have the number. */
export function asNode(operand: Operand, beside: Node): Node {
  if (typeof operand !== 'number') return operand;
  const dtype = beside.dtype === 'int32' && isInt32(operand) ? 'int32' : 'float32';
  return constant(operand, dtype, beside.device);
}

export function checkScalar({ shape }: Node, operation: string): void {
  if (sizeOf(shape) === 1) return;
  throw new CoreError(
    'NOT_A_SCALAR',
    `${operation}: a tensor of shape ${shapeText(shape)} has no single element.`,
    'Reduce it first, for example with sum() or mean().',
  );
}
