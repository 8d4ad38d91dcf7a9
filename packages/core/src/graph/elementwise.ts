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
  | 'not'
  | 'isNaN';
export type ArithmeticFunction = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum';
/** On the 32 bits of int32; `shiftRight` brings zeros in. */
export type BitFunction = 'shiftRight';
export type ComparisonFunction = 'equal' | 'notEqual' | 'less' | 'lessEqual';
export type ElementwiseFunction =
  | UnaryFunction
  | ArithmeticFunction
  | BitFunction
  | ComparisonFunction
  | 'where'
  | 'cast'
  /**
   * A random word from two key words and an index, all int32: word `index & 1` of Threefry-2x32 at the counter
   * (index >> 31, (index & 0x7fffffff) >> 1).
   */
  | 'randomBits';

const COMPARISONS: ReadonlySet<string> = new Set(['equal', 'notEqual', 'less', 'lessEqual', 'not', 'isNaN']);

/** The element type of a result, from the operands' (casts are made before). */
export const resultType = (fn: ElementwiseFunction, operand: DType): DType =>
  COMPARISONS.has(fn) ? 'bool' : operand;
