import type { Expression } from './kernel.ts';

/**
 * Expressions share what they use twice, so they are graphs and not trees: a walk along all ways takes exponential time
 * (x = x * x + x, sixty times). All walks go through these functions, which see each object once.
 */
export function visitExpressions(roots: Iterable<Expression>, visit: (expression: Expression) => void): void {
  const seen = new Set<Expression>();
  const walk = (expression: Expression): void => {
    if (seen.has(expression)) return;
    seen.add(expression);
    if (expression.kind === 'apply') for (const operand of expression.operands) walk(operand);
    visit(expression);
  };
  for (const root of roots) walk(root);
}

/** Rewrites an expression from its leaves up; what was shared stays shared, and what does not change stays the same object. */
export function expressionMapper(
  change: (expression: Expression) => Expression,
): (root: Expression) => Expression {
  const made = new Map<Expression, Expression>();
  const map = (expression: Expression): Expression => {
    const known = made.get(expression);
    if (known) return known;
    const result = change(withOperands(expression, map));
    made.set(expression, result);
    return result;
  };
  return map;
}

function withOperands(expression: Expression, map: (operand: Expression) => Expression): Expression {
  if (expression.kind !== 'apply') return expression;
  const operands = expression.operands.map(map);
  const isSame = operands.every((operand, index) => operand === expression.operands[index]);
  return isSame ? expression : { ...expression, operands };
}

/** Element-wise operations of an expression, shared ones once. */
export function operationsOf(expression: Expression | undefined): number {
  let count = 0;
  if (expression) visitExpressions([expression], ({ kind }) => void (kind === 'apply' && count++));
  return count;
}
