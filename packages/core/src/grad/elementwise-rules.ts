import { isFloat } from '../graph/dtype.ts';
import { where } from '../tensor/elementwise.ts';
import type { Tensor } from '../tensor/tensor.ts';

/**
 * What an element-wise function passes from its output to each operand. Its Jacobian is diagonal, so the same factors carry
 * gradients back and tangents forward.
 */
export function elementwiseRule(
  fn: string,
  y: Tensor,
  [a = y, b = y]: readonly Tensor[],
  g: Tensor,
): readonly (Tensor | undefined)[] {
  switch (fn) {
    case 'neg':
      return [g.neg()];
    case 'exp':
      return [g.mul(y)];
    case 'log':
      return [g.div(a)];
    case 'sqrt':
      return [g.mul(0.5).div(y)];
    case 'abs':
      return [g.mul(a.sign())];
    case 'sin':
      return [g.mul(a.cos())];
    case 'cos':
      return [g.mul(a.sin()).neg()];
    case 'tanh':
      return [g.mul(y.mul(y).neg().add(1))];
    case 'add':
      return [g, g];
    case 'sub':
      return [g, g.neg()];
    case 'mul':
      return [g.mul(b), g.mul(a)];
    case 'div':
      return [g.div(b), g.mul(y).div(b).neg()];
    case 'pow':
      // Where the base is not positive the exponent's gradient is not defined; zero keeps it out of sums.
      return [g.mul(b).mul(a.pow(b.sub(1))), where(a.greater(0), g.mul(y).mul(a.maximum(1e-38).log()), 0)];
    case 'maximum':
      return [
        where(b.less(a), g, where(a.equal(b), g.mul(0.5), 0)),
        where(a.less(b), g, where(a.equal(b), g.mul(0.5), 0)),
      ];
    case 'minimum':
      return [
        where(a.less(b), g, where(a.equal(b), g.mul(0.5), 0)),
        where(b.less(a), g, where(a.equal(b), g.mul(0.5), 0)),
      ];
    case 'where':
      return [undefined, where(a, g, 0), where(a, 0, g)];
    case 'cast':
      // Gradients are float32, also those of what is stored as float16.
      return [isFloat(a.dtype) ? g.cast('float32') : undefined];
    default:
      // Comparisons, floor and sign are flat almost everywhere.
      return [];
  }
}
