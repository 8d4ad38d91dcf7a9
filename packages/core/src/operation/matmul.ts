import { CoreError } from '../core-error.ts';
import type { Node } from '../graph/node.ts';
import { broadcastShapes, shapeText } from '../graph/shape.ts';
import { cast } from './elementwise.ts';
import { make } from './make.ts';
import { expand } from './movement.ts';

export function matmul(left: Node, right: Node): Node {
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
const operand = (x: Node): Node =>
  x.dtype === 'float16' && x.device.abilities?.packsHalves ? x : cast(x, 'float32');
