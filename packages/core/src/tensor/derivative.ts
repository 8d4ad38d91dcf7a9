import type { Derivative } from '../graph/node.ts';
import * as operation from '../operation/derivative.ts';
import { Tensor } from './tensor.ts';

/** Gradients of the operands, from the operands, the value and its gradient. */
export type Pullback = (
  operands: readonly Tensor[],
  output: Tensor,
  gradient: Tensor,
) => readonly (Tensor | undefined)[];

/** The same value with a derivative of its own with respect to `operands`; see `Derivative`. */
export const withDerivative = (
  value: Tensor,
  operands: readonly Tensor[],
  pullback: Pullback,
  isTransparent: boolean,
): Tensor =>
  new Tensor(operation.withDerivative(value.node, derivativeOf(operands, pullback, isTransparent)));

/** Gives a value that was just made, and nobody else knows, a derivative of its own. */
export const giveDerivative = (
  value: Tensor,
  operands: readonly Tensor[],
  pullback: Pullback,
  isTransparent: boolean,
): Tensor =>
  new Tensor(operation.giveDerivative(value.node, derivativeOf(operands, pullback, isTransparent)));

const derivativeOf = (
  operands: readonly Tensor[],
  pullback: Pullback,
  isTransparent: boolean,
): Derivative => ({
  operands: operands.map((operand) => operand.node),
  pullback: (nodes, output, gradient) =>
    pullback(
      nodes.map((one) => new Tensor(one)),
      new Tensor(output),
      new Tensor(gradient),
    ).map((tensor) => tensor?.node),
  isTransparent,
});
