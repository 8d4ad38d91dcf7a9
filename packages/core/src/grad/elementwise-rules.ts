import { isFloat } from '../graph/dtype.ts';
import type { ElementwiseFunction } from '../graph/elementwise.ts';
import type { Node } from '../graph/node.ts';
import { invariant } from '../invariant.ts';
import {
  add,
  cast,
  cos,
  div,
  equal,
  greaterEqual,
  less,
  log,
  mul,
  neg,
  pow,
  sign,
  sin,
  sub,
  where,
} from '../operation/elementwise.ts';

/**
 * What an element-wise function passes from its output to each operand. Its Jacobian is diagonal, so the same factors carry
 * gradients back and tangents forward.
 */
export function elementwiseRule(
  fn: ElementwiseFunction,
  y: Node,
  operands: readonly Node[],
  g: Node,
): readonly (Node | undefined)[] {
  const a = invariant(operands[0], 'an operand');
  const second = (): Node => invariant(operands[1], 'a second operand');
  switch (fn) {
    case 'neg':
      return [neg(g)];
    case 'exp':
      return [mul(g, y)];
    case 'log':
      return [div(g, a)];
    case 'sqrt':
      return [div(mul(g, 0.5), y)];
    case 'abs':
      return [mul(g, sign(a))];
    case 'sin':
      return [mul(g, cos(a))];
    case 'cos':
      return [neg(mul(g, sin(a)))];
    case 'tanh':
      return [mul(g, add(neg(mul(y, y)), 1))];
    case 'add':
      return [g, g];
    case 'sub':
      return [g, neg(g)];
    case 'mul':
      return [mul(g, second()), mul(g, a)];
    case 'div':
      return [div(g, second()), neg(div(mul(g, y), second()))];
    case 'pow': {
      const b = second();
      const exponent = constantOf(b);
      if (exponent !== undefined) return [ofConstantPower(g, a, exponent)];
      // As PyTorch has them: 0 for the power 0, and for what 0 to a power that is not negative changes with the power.
      const isStill = where(equal(a, 0), greaterEqual(b, 0), 0);
      return [
        where(equal(b, 0), 0, mul(mul(g, b), pow(a, sub(b, 1)))),
        where(isStill, 0, mul(mul(g, y), log(a))),
      ];
    }
    case 'maximum':
      return [share(g, a, second(), less(a, second())), share(g, a, second(), less(second(), a))];
    case 'minimum':
      return [share(g, a, second(), less(second(), a)), share(g, a, second(), less(a, second()))];
    case 'where':
      return [undefined, where(a, g, 0), where(a, 0, g)];
    case 'cast':
      // Gradients are float32, also those of what is stored as float16.
      return [isFloat(a.dtype) ? cast(g, 'float32') : undefined];
    default:
      // Comparisons, floor and sign are flat almost everywhere.
      return [];
  }
}

/** The gradient, but of what was left; of equals each has half. */
const share = (g: Node, a: Node, b: Node, isLeft: Node): Node =>
  where(isLeft, 0, where(equal(a, b), mul(g, 0.5), g));

function ofConstantPower(g: Node, a: Node, exponent: number): Node | undefined {
  if (exponent === 0) return undefined;
  if (exponent === 1) return g;
  return mul(mul(g, exponent), exponent === 2 ? a : pow(a, exponent - 1));
}

/** The number that a node is, stretched or not; undefined for what is computed. */
function constantOf({ primitive, inputs }: Node): number | undefined {
  if (primitive.kind === 'constant') return primitive.value;
  const [only] = inputs;
  return only && (primitive.kind === 'expand' || primitive.kind === 'reshape') ? constantOf(only) : undefined;
}
