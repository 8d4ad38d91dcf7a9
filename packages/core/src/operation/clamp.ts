import type { Node } from '../graph/node.ts';
import { invariant } from '../invariant.ts';
import { giveDerivative } from './derivative.ts';
import { binary, cast, less, lessEqual, where } from './elementwise.ts';
import { asNode, type Operand } from './make.ts';
import { expand } from './movement.ts';

/**
 * Values kept between two bounds, either of which may be left out. The gradient passes where nothing was changed, at a bound too,
 * and goes to the bound elsewhere, as PyTorch has it.
 */
export function clamp(given: Node, low?: Operand, high?: Operand): Node {
  const raised = low === undefined ? given : binary('maximum', given, low, 'clamp');
  const value = high === undefined ? raised : binary('minimum', raised, high, 'clamp');
  if (value === given || value.dtype !== 'float32') return value;
  const spread = (operand: Operand): Node => expand(cast(asNode(operand, given), 'float32'), value.shape);
  const bounds = [low, high].flatMap((bound) => (bound === undefined ? [] : [spread(bound)]));
  return giveDerivative(value, {
    operands: [spread(given), ...bounds],
    pullback: ([x, first, second], _, gradient) => {
      const [a, bound] = [invariant(x, 'the operand of clamp'), invariant(first, 'a bound of clamp')];
      const passed = (isPassed: Node): Node => where(isPassed, gradient, 0);
      if (high === undefined) return [passed(lessEqual(bound, a)), passed(less(a, bound))];
      if (low === undefined) return [passed(lessEqual(a, bound)), passed(less(bound, a))];
      const most = invariant(second, 'the upper bound of clamp');
      // Where the bounds have changed places, the upper one was taken.
      const isCrossed = less(most, bound);
      return [
        where(lessEqual(bound, a), passed(lessEqual(a, most)), 0),
        where(isCrossed, 0, passed(less(a, bound))),
        where(isCrossed, gradient, passed(less(most, a))),
      ];
    },
    isTransparent: false,
  });
}
