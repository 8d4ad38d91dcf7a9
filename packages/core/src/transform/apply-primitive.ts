import { CoreError } from '../core-error.ts';
import type { Node } from '../graph/node.ts';
import { gather, scatterAdd } from '../tensor/indexing.ts';
import { make } from '../tensor/make.ts';
import { expand, flip, permute, reshape } from '../tensor/movement.ts';
import { reduce } from '../tensor/reduce.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** What a node does, done to other operands of the same shapes. For primitives that are linear in their first operand. */
export function applyLinear(node: Node, operands: readonly [Tensor, ...Tensor[]]): Tensor {
  const { primitive, shape } = node;
  const [first, second] = operands;
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
      return reduce('sum', first, primitive.axes, { keepDims: true });
    case 'slice':
    case 'windows':
    case 'assemble':
      return make(primitive, operands, shape, first.dtype);
    case 'gather':
      return second ? gather(first, second, primitive.axis) : first;
    case 'scatterAdd':
      return second ? scatterAdd(first, second, primitive.axis, shape[primitive.axis] ?? 1) : first;
    default:
      throw new CoreError(
        'NOT_LINEAR',
        `${primitive.kind} is not linear.`,
        'This is an error of the package; please report it.',
      );
  }
}
