import { type Derivative, makeNode } from '../graph/node.ts';
import { Tensor } from './tensor.ts';

/** Gradients of the operands, from the operands, the value and its gradient. */
export type Pullback = (
  operands: readonly Tensor[],
  output: Tensor,
  gradient: Tensor,
) => readonly (Tensor | undefined)[];

/** The same value with a derivative of its own with respect to `operands`; see `Derivative`. */
export function withDerivative(
  value: Tensor,
  operands: readonly Tensor[],
  pullback: Pullback,
  isTransparent: boolean,
): Tensor {
  const { node } = value;
  const marked = makeNode({ kind: 'reshape' }, [node], node.shape, node.dtype, node.device);
  return giveDerivative(new Tensor(marked), operands, pullback, isTransparent);
}

/** Gives a value that was just made, and nobody else knows, a derivative of its own. */
export function giveDerivative(
  value: Tensor,
  operands: readonly Tensor[],
  pullback: Pullback,
  isTransparent: boolean,
): Tensor {
  const derivative: Derivative = {
    operands: operands.map((operand) => operand.node),
    pullback: (nodes, output, gradient) =>
      pullback(
        nodes.map((one) => new Tensor(one)),
        new Tensor(output),
        new Tensor(gradient),
      ).map((tensor) => tensor?.node),
    isTransparent,
  };
  value.node.derivative = derivative;
  return value;
}
