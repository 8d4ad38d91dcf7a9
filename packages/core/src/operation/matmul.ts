import { CoreError } from '../core-error.ts';
import type { Node } from '../graph/node.ts';
import { broadcastShapes, type Shape, shapeText } from '../graph/shape.ts';
import { cast } from './elementwise.ts';
import { make } from './make.ts';
import { expand, reshape } from './movement.ts';

/** [..., m, k] x [..., k, n]; a vector on the left is a row, one on the right a column, which the result does not have. */
export function matmul(left: Node, right: Node): Node {
  const [isRow, isColumn] = [left.shape.length === 1, right.shape.length === 1];
  const named = [left.shape, right.shape] as const;
  if (!isRow && !isColumn) return product(left, right, named);
  const whole = product(
    isRow ? reshape(left, [1, ...left.shape]) : left,
    isColumn ? reshape(right, [...right.shape, 1]) : right,
    named,
  );
  const rank = whole.shape.length;
  return reshape(
    whole,
    whole.shape.filter((_, axis) => !(isColumn && axis === rank - 1) && !(isRow && axis === rank - 2)),
  );
}

function product(left: Node, right: Node, named: readonly [Shape, Shape]): Node {
  const [m, k] = left.shape.slice(-2);
  const [k2, n] = right.shape.slice(-2);
  if (m === undefined || k === undefined || n === undefined || k !== k2) {
    throw new CoreError(
      'SHAPE_MISMATCH',
      `matmul: the shapes ${shapeText(named[0])} and ${shapeText(named[1])} do not fit together.`,
      'It takes [..., m, k] and [..., k, n], or vectors of k.',
    );
  }
  // One matrix on the right multiplies all rows alike, and is read as it lies, also in panels.
  if (left.shape.length > 2 && right.shape.length === 2) {
    const rows = left.shape.slice(0, -1);
    const flat = reshape(left, [rows.reduce((count, length) => count * length, 1), k]);
    return reshape(product(flat, right, named), [...rows, n]);
  }
  const batch = broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2), 'matmul', named);
  const a = expand(operand(left), [...batch, m, k]);
  const b = expand(operand(right), [...batch, k, n]);
  return make({ kind: 'matmul' }, [a, b], [...batch, m, n], 'float32');
}

/** Sums are float32 whatever is multiplied; where a device reads float16, it reads half as much. */
const operand = (x: Node): Node =>
  x.dtype === 'float16' && x.device.abilities?.packsHalves ? x : cast(x, 'float32');
