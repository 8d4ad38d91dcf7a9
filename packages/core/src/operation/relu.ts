import type { Derivative, Node } from '../graph/node.ts';
import { giveDerivative } from './derivative.ts';
import { binary, lessEqual, where } from './elementwise.ts';

/**
 * The larger of x and 0. Its derivative looks at the result, which the next layer keeps anyway: so what comes in need not be kept,
 * and a product ends in it. It is 0 at 0, as PyTorch has it.
 */
export const relu = (x: Node): Node =>
  giveDerivative(binary('maximum', x, 0, 'relu'), { operands: [x], pullback: passed, isTransparent: false });

const passed: Derivative['pullback'] = (_, y, gradient) => [where(lessEqual(y, 0), 0, gradient)];
