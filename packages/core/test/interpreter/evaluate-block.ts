import { allocate, type TypedArrayOf } from '../../src/graph/dtype.ts';
import type { ElementwiseFunction } from '../../src/graph/elementwise.ts';
import type { Expression } from '../../src/schedule/kernel.ts';
import { isContiguous, type View } from '../../src/schedule/view.ts';
import { applyFunction } from './apply-function.ts';
import { stridedCopy } from './strided-copy.ts';

/** Elements computed at a time: small enough for every temporary to stay in the cache. */
export const BLOCK = 2_048;

/** Computes the elements [from, from + count) of an expression; the result is valid until the next call. */
export type BlockEvaluator = (from: number, count: number) => TypedArrayOf;

/** Prepares an expression: the temporaries are allocated once, and each node is one loop over a block. */
export function blockEvaluator(expression: Expression, inputs: readonly TypedArrayOf[]): BlockEvaluator {
  return evaluatorOf(expression, inputs, new Map());
}

/** What an expression shares is prepared once, and computed once for each block. */
function evaluatorOf(
  expression: Expression,
  inputs: readonly TypedArrayOf[],
  known: Map<Expression, BlockEvaluator>,
): BlockEvaluator {
  const before = known.get(expression);
  if (before) return before;
  const evaluate = newEvaluator(expression, inputs, known);
  let [lastFrom, lastCount] = [-1, -1];
  let last: TypedArrayOf | undefined;
  const once: BlockEvaluator = (from, count) => {
    if (!last || from !== lastFrom || count !== lastCount) last = evaluate(from, count);
    [lastFrom, lastCount] = [from, count];
    return last;
  };
  known.set(expression, once);
  return once;
}

function newEvaluator(
  expression: Expression,
  inputs: readonly TypedArrayOf[],
  known: Map<Expression, BlockEvaluator>,
): BlockEvaluator {
  const block = allocate(expression.dtype, BLOCK);
  switch (expression.kind) {
    case 'constant': {
      block.fill(expression.value);
      return () => block;
    }
    case 'iota': {
      const { view } = expression;
      return (from, count) => {
        const places = placesOf(view, from, count);
        for (let i = 0; i < count; i++) block[i] = places[i] ?? 0;
        return block;
      };
    }
    case 'accumulator':
    case 'stage':
      throw new RangeError(`The interpreter has no ${expression.kind}.`);
    case 'load': {
      const source = inputs[expression.input] ?? block;
      const { view } = expression;
      if (isContiguous(view)) return (from, count) => source.subarray(from, from + count);
      if (view.strides.every((stride) => stride === 0)) {
        block.fill(source[view.offset] ?? 0);
        return () => block;
      }
      return (from, count) => {
        stridedCopy(source, view, from, count, block);
        return block;
      };
    }
    case 'apply': {
      const operands = expression.operands.map((operand) => evaluatorOf(operand, inputs, known));
      const fn: ElementwiseFunction = expression.fn;
      return (from, count) => {
        const values = operands.map((operand) => operand(from, count));
        applyFunction(fn, values, block, count);
        if (expression.dtype === 'float16') roundToHalves(block, count);
        return block;
      };
    }
  }
}

/** Where the elements [from, from + count) of a view lie. */
function placesOf({ shape, strides, offset }: View, from: number, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => {
    let rest = from + i;
    let place = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const length = shape[axis] ?? 1;
      place += (rest % length) * (strides[axis] ?? 0);
      rest = Math.floor(rest / length);
    }
    return place;
  });
}

/** To a multiple of the step between halves of the same size; of two that are as near, the even one. */
function roundToHalves(values: TypedArrayOf, count: number): void {
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? 0;
    if (!Number.isFinite(value) || value === 0) continue;
    const step = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10);
    const steps = Math.abs(value) / step;
    const down = Math.floor(steps);
    const isUp = steps - down > 0.5 || (steps - down === 0.5 && down % 2 === 1);
    const size = (down + Number(isUp)) * step;
    values[i] = Math.sign(value) * (size > 65_504 ? Number.POSITIVE_INFINITY : size);
  }
}
