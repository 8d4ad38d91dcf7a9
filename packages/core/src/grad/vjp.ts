import type { Node } from '../graph/node.ts';
import { lengthOf } from '../graph/shape.ts';
import { invariant } from '../invariant.ts';
import { cast, div, equal, mul } from '../operation/elementwise.ts';
import { gather, scatterAdd } from '../operation/indexing.ts';
import { matmul } from '../operation/matmul.ts';
import { expand, flip, permute, reshape, slice } from '../operation/movement.ts';
import { sum } from '../operation/reduce.ts';
import { fold, sumTo, unslice } from './adjoints.ts';
import { elementwiseRule } from './elementwise-rules.ts';

/** The gradients with respect to a node's inputs, given the one with respect to its output; undefined where there is none. */
export function vectorJacobianProduct(node: Node, g: Node): readonly (Node | undefined)[] {
  const { primitive } = node;
  const input = (index: number): Node =>
    invariant(node.inputs[index], `operand ${index} of ${primitive.kind}`);
  switch (primitive.kind) {
    case 'elementwise':
      return elementwiseRule(primitive.fn, node, node.inputs, g);
    case 'reduce': {
      const x = input(0);
      if (primitive.fn === 'sum') return [expand(g, x.shape)];
      // Equal largest elements share the gradient.
      const isLargest = cast(equal(x, node), 'float32');
      return [div(mul(isLargest, g), sum(isLargest, primitive.axes, { keepDims: true }))];
    }
    case 'matmul': {
      const swap = (one: Node): Node =>
        permute(
          one,
          one.shape.map((_, axis) => swapLast(axis, one.shape.length)),
        );
      return [matmul(g, swap(input(1))), matmul(swap(input(0)), g)];
    }
    case 'reshape':
      return [reshape(g, input(0).shape)];
    case 'permute':
      return [
        permute(
          g,
          primitive.permutation.map((_, axis) => primitive.permutation.indexOf(axis)),
        ),
      ];
    case 'expand':
      return [sumTo(g, input(0).shape)];
    case 'slice':
      return [unslice(g, input(0).shape, primitive.starts, primitive.steps)];
    case 'flip':
      return [flip(g, primitive.axes)];
    case 'windows':
      return [fold(g, input(0).shape, primitive)];
    case 'assemble':
      return node.inputs.map((one, index) => {
        const offsets = invariant(primitive.offsets[index], 'the offset of a piece');
        return slice(
          g,
          one.shape.map((length, axis) => {
            const from = invariant(offsets[axis], 'the offset of a piece');
            return [from, from + length] as const;
          }),
        );
      });
    case 'gather':
      return [scatterAdd(g, input(1), primitive.axis, lengthOf(input(0).shape, primitive.axis)), undefined];
    case 'scatterAdd':
      return [gather(g, input(1), primitive.axis), undefined];
    default:
      return [];
  }
}

const swapLast = (axis: number, rank: number): number =>
  axis === rank - 1 ? rank - 2 : axis === rank - 2 ? rank - 1 : axis;
