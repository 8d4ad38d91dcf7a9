import type { Shape } from '../../graph/shape.ts';
import { visitExpressions } from '../../schedule/expression.ts';
import type { Expression, Kernel } from '../../schedule/kernel.ts';

/** Constants that tell how a formula is made, and do not change from one step of a training to the next. */
const STRUCTURAL: ReadonlySet<number> = new Set([0, 1, -1, 2, -2, 0.5, -0.5]);

export interface LiftedKernel {
  /** The kernel, reading its constants from one more input, which lies behind the others. */
  readonly kernel: Kernel;
  readonly values: readonly number[];
}

/**
 * Takes the float constants out of a kernel, so that a learning rate that changes with every step needs no new code. Exponents
 * stay: small whole ones are written as products.
 */
export function liftConstants(kernel: Kernel, inputCount: number): LiftedKernel {
  if (kernel.kind !== 'elementwise' && kernel.kind !== 'reduce' && kernel.kind !== 'matmul')
    return { kernel, values: [] };
  const values: number[] = [];
  const lift = (expression: Expression): Expression => {
    const shape = leafShape(expression) ?? kernel.shape;
    return lifted(expression, (value) => {
      values.push(value);
      const view = { shape, strides: shape.map(() => 0), offset: values.length - 1 };
      return { kind: 'load', input: inputCount, view, dtype: 'float32' };
    });
  };
  const body = kernel.kind === 'matmul' ? {} : { expression: lift(kernel.expression) };
  const epilogue = kernel.kind === 'elementwise' ? undefined : kernel.epilogue;
  const made = { ...kernel, ...body, ...(epilogue && { epilogue: lift(epilogue) }) };
  return values.length === 0 ? { kernel, values } : { kernel: made, values };
}

/** An expression with its constants replaced. */
function lifted(expression: Expression, place: (value: number) => Expression): Expression {
  const made = new Map<Expression, Expression>();
  const visit = (node: Expression, isExponent: boolean): Expression => {
    if (node.kind === 'constant') {
      const isKept =
        isExponent || node.dtype !== 'float32' || !Number.isFinite(node.value) || STRUCTURAL.has(node.value);
      return isKept ? node : place(node.value);
    }
    if (node.kind !== 'apply') return node;
    const known = made.get(node);
    if (known) return known;
    const operands = node.operands.map((operand, index) => visit(operand, node.fn === 'pow' && index === 1));
    const isSame = operands.every((operand, index) => operand === node.operands[index]);
    const result = isSame ? node : { ...node, operands };
    made.set(node, result);
    return result;
  };
  return visit(expression, false);
}

function leafShape(expression: Expression): Shape | undefined {
  let shape: Shape | undefined;
  visitExpressions([expression], (inner) => {
    if (inner.kind === 'load' || inner.kind === 'iota') shape ??= inner.view.shape;
  });
  return shape;
}
