import { withDerivative } from '../tensor/derivative.ts';
import type { Tensor } from '../tensor/tensor.ts';

/**
 * A function with a gradient of its own: `gradient` gets the gradient of the result, the result and the arguments, and gives
 * the gradients of the arguments (undefined for none). It must be made of tensor operations itself, and linear in the first;
 * then it can be differentiated again, forward too. What the function uses besides its arguments gets no gradient.
 *
 * @example const clipped = customGradient((x: Tensor) => x, (g) => [g.clamp(-1, 1)]);
 */
export function customGradient<Args extends readonly Tensor[]>(
  fn: (...args: Args) => Tensor,
  gradient: (g: Tensor, result: Tensor, ...args: Args) => readonly (Tensor | undefined)[],
): (...args: Args) => Tensor {
  return (...args) =>
    withDerivative(
      fn(...args),
      args,
      // The operands are as many as the arguments, and of their types.
      (operands, output, g) => gradient(g, output, ...(operands as unknown as Args)),
      false,
    );
}
