import { CoreError } from '../core-error.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { shapeText } from '../graph/shape.ts';
import { zeros } from '../tensor/create.ts';
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

/** A gradient or tangent of a tensor; zeros where nothing flows. */
export const orZeros = (found: Node | undefined, leaf: Tensor): Tensor =>
  found ? new Tensor(found) : zeros(leaf.shape, { device: leaf.device });
