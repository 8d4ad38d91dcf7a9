import type { DType } from './dtype.ts';

export type UnaryFunction =
  | 'neg'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'abs'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'floor'
  | 'sign'
  | 'not';
export type ArithmeticFunction = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum';
export type ComparisonFunction = 'equal' | 'notEqual' | 'less' | 'lessEqual';
export type ElementwiseFunction = UnaryFunction | ArithmeticFunction | ComparisonFunction | 'where' | 'cast';

const COMPARISONS: ReadonlySet<string> = new Set(['equal', 'notEqual', 'less', 'lessEqual', 'not']);

/** The element type of a result, from the operands' (casts are made before). */
export const resultType = (fn: ElementwiseFunction, operand: DType): DType =>
  COMPARISONS.has(fn) ? 'bool' : operand;
