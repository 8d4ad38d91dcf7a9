import { CoreError } from '../core-error.ts';
import type { Node } from '../graph/node.ts';
import { lengthOf } from '../graph/shape.ts';
import { invariant } from '../invariant.ts';
import { gather, scatterAdd } from '../operation/indexing.ts';
import { make } from '../operation/make.ts';
import { expand, flip, permute, reshape } from '../operation/movement.ts';
import { sum } from '../operation/reduce.ts';

/** What a node does, done to other operands of the same shapes. For primitives that are linear in their first operand. */
export function applyLinear(node: Node, operands: readonly [Node, ...Node[]]): Node {
  const { primitive, shape } = node;
  const [first] = operands;
  const indices = (): Node => invariant(operands[1], `the indices of ${primitive.kind}`);
  switch (primitive.kind) {
    case 'reshape':
      return reshape(first, shape);
    case 'permute':
      return permute(first, primitive.permutation);
    case 'expand':
      return expand(first, shape);
    case 'flip':
      return flip(first, primitive.axes);
    case 'reduce':
      return sum(first, primitive.axes, { keepDims: true });
    case 'slice':
    case 'windows':
    case 'assemble':
      return make(primitive, operands, shape, first.dtype);
    case 'gather':
      return gather(first, indices(), primitive.axis);
    case 'scatterAdd':
      return scatterAdd(first, indices(), primitive.axis, lengthOf(shape, primitive.axis));
    default:
      throw new CoreError(
        'NOT_LINEAR',
        `${primitive.kind} is not linear.`,
        'This is an error of the package; please report it.',
      );
  }
}
