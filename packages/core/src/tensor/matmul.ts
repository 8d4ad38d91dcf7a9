import { CoreError } from '../core-error.ts';
import { cast } from './elementwise.ts';
import { checkTensor, make } from './make.ts';
import { expand } from './movement.ts';
import { broadcastShapes, shapeText } from './shape.ts';
import type { Tensor } from './tensor.ts';

export function matmul(left: Tensor, right: Tensor): Tensor {
  checkTensor(right, 'matmul', left);
  const [m, k] = left.shape.slice(-2);
  const [k2, n] = right.shape.slice(-2);
  if (m === undefined || k === undefined || n === undefined || k !== k2) {
    throw new CoreError(
      'SHAPE_MISMATCH',
      `matmul: the shapes ${shapeText(left.shape)} and ${shapeText(right.shape)} do not fit together.`,
      'It takes [..., m, k] and [..., k, n].',
    );
  }
  const batch = broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2), 'matmul', [
    left.shape,
    right.shape,
  ]);
  const a = expand(operand(left), [...batch, m, k]);
  const b = expand(operand(right), [...batch, k, n]);
  return make({ kind: 'matmul' }, [a, b], [...batch, m, n], 'float32');
}

/** Sums are float32 whatever is multiplied; where a device reads float16, it reads half as much. */
const operand = (tensor: Tensor): Tensor =>
  tensor.dtype === 'float16' && tensor.device.abilities?.packsHalves ? tensor : cast(tensor, 'float32');
