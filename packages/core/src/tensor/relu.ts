import { giveDerivative } from './derivative.ts';
import { binary, where } from './elementwise.ts';
import type { Tensor } from './tensor.ts';

/**
 * The larger of x and 0. Its derivative looks at the result, which the next layer keeps anyway: so what comes in need not be kept,
 * and a product ends in it. It is 0 at 0, as PyTorch has it.
 */
export const relu = (x: Tensor): Tensor =>
  giveDerivative(binary('maximum', x, 0, 'relu'), [x], passed, false);

const passed = (_: readonly Tensor[], y: Tensor, gradient: Tensor): readonly Tensor[] => [
  where(y.lessEqual(0), 0, gradient),
];
