import { elementwiseRule } from '../grad/elementwise-rules.ts';
import type { Node } from '../graph/node.ts';
import { invariant } from '../invariant.ts';
import { add, cast, div, equal, mul } from '../operation/elementwise.ts';
import { constant } from '../operation/make.ts';
import { matmul } from '../operation/matmul.ts';
import { expand } from '../operation/movement.ts';
import { sum } from '../operation/reduce.ts';
import { applyLinear } from './apply-primitive.ts';

/** The tangent of a node from those of its inputs, of which at least one is there; undefined where it is zero. */
export function jacobianVectorProduct(node: Node, tangents: readonly (Node | undefined)[]): Node | undefined {
  const { primitive, inputs } = node;
  const operand = (index: number): Node => invariant(inputs[index], `operand ${index} of ${primitive.kind}`);
  const [tangentA, tangentB] = tangents;
  switch (primitive.kind) {
    case 'elementwise': {
      const parts = tangents.map((tangent, index) =>
        tangent ? elementwiseRule(primitive.fn, node, inputs, tangent)[index] : undefined,
      );
      return parts.reduce(sumOf, undefined);
    }
    case 'matmul':
      return sumOf(tangentA && matmul(tangentA, operand(1)), tangentB && matmul(operand(0), tangentB));
    case 'reduce': {
      if (!tangentA || primitive.fn === 'sum') return tangentA && applyLinear(node, [tangentA]);
      const isLargest = cast(equal(operand(0), node), 'float32');
      const kept = { keepDims: true };
      return div(sum(mul(tangentA, isLargest), primitive.axes, kept), sum(isLargest, primitive.axes, kept));
    }
    case 'assemble': {
      const [first, ...rest] = inputs.map(
        (one, index) => tangents[index] ?? expand(constant(0, 'float32', one.device), one.shape),
      );
      return first && applyLinear(node, [first, ...rest]);
    }
    case 'gather':
    case 'scatterAdd':
      return tangentA && applyLinear(node, [tangentA, operand(1)]);
    case 'argsort':
      return undefined;
    default:
      return tangentA && applyLinear(node, [tangentA]);
  }
}

const sumOf = (a: Node | undefined, b: Node | undefined): Node | undefined => (a && b ? add(a, b) : (a ?? b));
