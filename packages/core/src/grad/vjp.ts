import type { Node } from '../graph/node.ts';
import { scatterAdd } from '../tensor/indexing.ts';
import { flip } from '../tensor/movement.ts';
import { Tensor } from '../tensor/tensor.ts';
import { fold, sumTo, unslice } from './adjoints.ts';
import { elementwiseRule } from './elementwise-rules.ts';

/** The gradients with respect to a node's inputs, given the one with respect to its output; undefined where there is none. */
export function vectorJacobianProduct(node: Node, g: Tensor): readonly (Tensor | undefined)[] {
  const input = (index: number): Tensor => new Tensor(node.inputs[index] ?? node);
  const { primitive } = node;
  switch (primitive.kind) {
    case 'elementwise':
      return elementwiseRule(
        primitive.fn,
        new Tensor(node),
        node.inputs.map((one) => new Tensor(one)),
        g,
      );
    case 'reduce': {
      const x = input(0);
      if (primitive.fn === 'sum') return [g.expand(x.shape)];
      // Equal largest elements share the gradient.
      const isLargest = x.equal(new Tensor(node)).cast('float32');
      return [isLargest.mul(g).div(isLargest.sum([...primitive.axes], { keepDims: true }))];
    }
    case 'matmul': {
      const swap = (t: Tensor): Tensor =>
        t.transpose([...t.shape.keys()].map((axis) => swapLast(axis, t.rank)));
      return [g.matmul(swap(input(1))), swap(input(0)).matmul(g)];
    }
    case 'reshape':
      return [g.reshape(input(0).shape)];
    case 'permute':
      return [g.transpose(primitive.permutation.map((_, axis) => primitive.permutation.indexOf(axis)))];
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
        const offsets = primitive.offsets[index] ?? [];
        return g.slice(
          one.shape.map((length, axis) => [offsets[axis] ?? 0, (offsets[axis] ?? 0) + length] as const),
        );
      });
    case 'gather':
      return [scatterAdd(g, input(1), primitive.axis, input(0).shape[primitive.axis] ?? 1), undefined];
    case 'scatterAdd':
      return [g.gather(input(1), primitive.axis), undefined];
    default:
      return [];
  }
}

const swapLast = (axis: number, rank: number): number =>
  axis === rank - 1 ? rank - 2 : axis === rank - 2 ? rank - 1 : axis;
