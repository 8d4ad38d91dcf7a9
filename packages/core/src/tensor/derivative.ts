import { type Derivative, makeNode } from '../graph/node.ts';
import { Tensor } from './tensor.ts';

/** The same value with a derivative of its own with respect to `operands`; see `Derivative`. */
export function withDerivative(
  value: Tensor,
  operands: readonly Tensor[],
  pullback: (
    operands: readonly Tensor[],
    output: Tensor,
    gradient: Tensor,
  ) => readonly (Tensor | undefined)[],
  isTransparent: boolean,
): Tensor {
  const { node } = value;
  const marked = makeNode({ kind: 'reshape' }, [node], node.shape, node.dtype, node.device);
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
  marked.derivative = derivative;
  return new Tensor(marked);
}
