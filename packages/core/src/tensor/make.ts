import { CoreError } from '../core-error.ts';
import type { Device } from '../device/device.ts';
import type { DType } from '../graph/dtype.ts';

import { lostValue, makeNode, missingValue, operationName, type Primitive } from '../graph/node.ts';

import { type Shape, shapeText } from './shape.ts';
import { type Operand, Tensor } from './tensor.ts';

/** A tensor from a primitive over others, which all live on one device. @throws TRS_CORE_DEVICE_MISMATCH */
export function make(
  primitive: Primitive,
  inputs: readonly [Tensor, ...Tensor[]],
  shape: Shape,
  dtype: DType,
): Tensor {
  const [{ device }] = inputs;
  for (const { node } of inputs)
    if (node.released !== undefined) throw missingValue(node, operationName(primitive));
  const lost = device.lost === undefined ? undefined : inputs.find(({ node }) => node.buffer);
  if (lost) throw lostValue(lost.node, `${operationName(primitive)}: an operand`);
  const stranger = inputs.find((input) => input.device !== device);
  if (stranger) {
    throw new CoreError(
      'DEVICE_MISMATCH',
      `${operationName(primitive)}: ${shapeText(inputs[0].shape)} is on ${device.name}, ${shapeText(stranger.shape)} on ${stranger.device.name}.`,
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

/** A scalar that is known while the graph is built. */
export const constant = (value: number, dtype: DType, device: Device): Tensor =>
  new Tensor(makeNode({ kind: 'constant', value }, [], [], dtype, device));

/** 0, 1, … along one axis of a shape, and the same along the others; int32. */
export function counting(length: number, axis: number, rank: number, device: Device): Tensor {
  const line = Array.from({ length: rank }, (_, at) => (at === axis ? length : 1));
  return make(
    { kind: 'reshape' },
    [new Tensor(makeNode({ kind: 'iota' }, [], [length], 'int32', device))],
    line,
    'int32',
  );
}

/** @throws TRS_CORE_OPERAND when it is no tensor, whatever its type said */
export function checkTensor(operand: unknown, operation: string, beside: Tensor): asserts operand is Tensor {
  if (!(operand instanceof Tensor)) throw wrongOperand(operand, operation, beside);
}

function wrongOperand(operand: unknown, operation: string, beside: Tensor): CoreError {
  const what = Array.isArray(operand) ? 'a list' : operand === null ? 'null' : typeof operand;
  return new CoreError(
    'OPERAND',
    `${operation}: beside ${beside.dtype}${shapeText(beside.shape)} is ${what}, which is no tensor.`,
    'Make tensors of lists with tensor([…]).',
  );
}

/** A number as a scalar tensor beside another: of its type, or float32 when the number is no integer. @throws TRS_CORE_OPERAND */
export function asTensor(operand: Operand, beside: Tensor, operation: string): Tensor {
  if (operand instanceof Tensor) return operand;
  if (typeof operand !== 'number') throw wrongOperand(operand, operation, beside);
  const dtype = beside.dtype === 'int32' && Number.isInteger(operand) ? 'int32' : 'float32';
  return constant(operand, dtype, beside.device);
}

export function checkScalar(tensor: Tensor, operation: string): void {
  if (tensor.size === 1) return;
  throw new CoreError(
    'NOT_A_SCALAR',
    `${operation}: a tensor of shape ${shapeText(tensor.shape)} has no single element.`,
    'Reduce it first, for example with sum() or mean().',
  );
}
