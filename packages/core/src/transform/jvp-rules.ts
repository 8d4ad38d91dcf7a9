import { elementwiseRule } from '../grad/elementwise-rules.ts';
import type { Node } from '../graph/node.ts';
import { zeros } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';
import { applyLinear } from './apply-primitive.ts';

/** The tangent of a node from those of its inputs, of which at least one is there; undefined where it is zero. */
export function jacobianVectorProduct(
  node: Node,
  tangents: readonly (Tensor | undefined)[],
): Tensor | undefined {
  const { primitive, inputs } = node;
  const operands = inputs.map((input) => new Tensor(input));
  const [a, b] = operands;
  const [tangentA, tangentB] = tangents;
  switch (primitive.kind) {
    case 'elementwise': {
      const parts = tangents.map((tangent, index) =>
        tangent ? elementwiseRule(primitive.fn, new Tensor(node), operands, tangent)[index] : undefined,
      );
      return parts.reduce((sum, part) => (sum && part ? sum.add(part) : (sum ?? part)), undefined);
    }
    case 'matmul':
      return sumOf(
        tangentA && b ? tangentA.matmul(b) : undefined,
        tangentB && a ? a.matmul(tangentB) : undefined,
      );
    case 'reduce': {
      if (!tangentA || !a || primitive.fn === 'sum') return tangentA && applyLinear(node, [tangentA]);
      const isLargest = a.equal(new Tensor(node)).cast('float32');
      const kept = { keepDims: true };
      return tangentA.mul(isLargest).sum(primitive.axes, kept).div(isLargest.sum(primitive.axes, kept));
    }
    case 'assemble': {
      const [first, ...rest] = operands.map(
        (operand, index) => tangents[index] ?? zeros(operand.shape, { device: operand.device }),
      );
      return first && applyLinear(node, [first, ...rest]);
    }
    case 'gather':
    case 'scatterAdd':
      return tangentA && b ? applyLinear(node, [tangentA, b]) : undefined;
    case 'argsort':
      return undefined;
    default:
      return tangentA && applyLinear(node, [tangentA]);
  }
}

const sumOf = (a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined =>
  a && b ? a.add(b) : (a ?? b);
