import { CoreError } from '../core-error.ts';
import { makeNode } from '../graph/node.ts';
import { shapeText } from '../tensor/shape.ts';
import { Tensor } from '../tensor/tensor.ts';

/** A fresh node with the same value: what was computed to make the tensor is not gone through again. */
export const alias = (leaf: Tensor): Tensor =>
  new Tensor(makeNode({ kind: 'reshape' }, [leaf.node], leaf.shape, leaf.dtype, leaf.device));

/** @throws TRS_CORE_GRAD_DTYPE */
export function differentiable(leaf: Tensor): Tensor {
  if (leaf.dtype === 'float32') return alias(leaf);
  throw new CoreError(
    'GRAD_DTYPE',
    `grad: a parameter is ${leaf.dtype}${shapeText(leaf.shape)}; only float32 has gradients.`,
    'Cast it to float32, or pass it as a further argument.',
  );
}
