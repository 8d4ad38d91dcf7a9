import { checkDType, type DType, isFloat } from '../graph/dtype.ts';
import {
  type ArithmeticFunction,
  type ComparisonFunction,
  resultType,
  type UnaryFunction,
} from '../graph/elementwise.ts';
import type { Node } from '../graph/node.ts';
import { broadcastShapes } from '../graph/shape.ts';
import { giveDerivative } from './derivative.ts';
import { asNode, constant, make, type Operand } from './make.ts';
import { expand } from './movement.ts';

const INTEGER_UNARY: ReadonlySet<string> = new Set(['neg', 'abs', 'sign', 'not', 'floor']);

export function cast(x: Node, dtype: DType): Node {
  if (x.dtype === dtype) return x;
  checkDType(dtype, 'cast');
  return make({ kind: 'elementwise', fn: 'cast' }, [x], x.shape, dtype);
}

/** What is computed with in place of a node: float16 is only stored. */
export const widened = (x: Node): Node => (x.dtype === 'float16' ? cast(x, 'float32') : x);

/** Numbers to fold or to order: booleans count as 0 and 1. */
export const counted = (x: Node): Node => (x.dtype === 'bool' ? cast(x, 'int32') : widened(x));

export function unary(fn: UnaryFunction, given: Node): Node {
  const x = widened(given);
  // Transcendental functions of integers are computed in float32, as NumPy promotes them.
  const operand = x.dtype !== 'float32' && !INTEGER_UNARY.has(fn) ? cast(x, 'float32') : x;
  const numeric = operand.dtype === 'bool' && fn !== 'not' ? cast(operand, 'int32') : operand;
  return make({ kind: 'elementwise', fn }, [numeric], numeric.shape, resultType(fn, numeric.dtype));
}

/** `operation` is what the caller called, for errors. */
export function binary(
  fn: ArithmeticFunction | ComparisonFunction,
  left: Node,
  right: Operand,
  operation: string = fn,
): Node {
  const other = asNode(right, left);
  const hasFloat = isFloat(left.dtype) || isFloat(other.dtype) || fn === 'div' || fn === 'pow';
  const dtype: DType = hasFloat ? 'float32' : 'int32';
  const shape = broadcastShapes(left.shape, other.shape, operation);
  const operands: [Node, Node] = [expand(cast(left, dtype), shape), expand(cast(other, dtype), shape)];
  return make({ kind: 'elementwise', fn }, operands, shape, resultType(fn, dtype));
}

export const neg = (x: Node): Node => unary('neg', x);
export const exp = (x: Node): Node => unary('exp', x);
export const log = (x: Node): Node => unary('log', x);
export const sqrt = (x: Node): Node => unary('sqrt', x);
export const abs = (x: Node): Node => unary('abs', x);
export const sin = (x: Node): Node => unary('sin', x);
export const cos = (x: Node): Node => unary('cos', x);
export const tanh = (x: Node): Node => unary('tanh', x);
export const floor = (x: Node): Node => unary('floor', x);
export const ceil = (x: Node): Node => neg(floor(neg(x)));
export const sign = (x: Node): Node => unary('sign', x);
export const add = (a: Node, b: Operand): Node => binary('add', a, b);
export const sub = (a: Node, b: Operand): Node => binary('sub', a, b);
export const mul = (a: Node, b: Operand): Node => binary('mul', a, b);
export const div = (a: Node, b: Operand): Node => binary('div', a, b);
export const pow = (a: Node, b: Operand): Node => binary('pow', a, b);
export const isNotANumber = (x: Node): Node => unary('isNaN', x);
export const not = (x: Node): Node => unary('not', x);
export const notEqual = (a: Node, b: Operand): Node => binary('notEqual', a, b);
export const maximum = (a: Node, b: Operand): Node => binary('maximum', a, b);
export const minimum = (a: Node, b: Operand): Node => binary('minimum', a, b);
export const equal = (a: Node, b: Operand): Node => binary('equal', a, b);
export const less = (a: Node, b: Operand): Node => binary('less', a, b);
export const lessEqual = (a: Node, b: Operand): Node => binary('lessEqual', a, b);
export const greater = (a: Node, b: Operand): Node => binary('less', asNode(b, a), a, 'greater');
export const greaterEqual = (a: Node, b: Operand): Node =>
  binary('lessEqual', asNode(b, a), a, 'greaterEqual');

/** `whenTrue` where the condition is not zero, `whenFalse` elsewhere. All three broadcast. */
export function where(condition: Node, whenTrue: Operand, whenFalse: Operand): Node {
  const floats = constant(0, 'float32', condition.device);
  const beside = typeof whenTrue !== 'number' ? whenTrue : typeof whenFalse !== 'number' ? whenFalse : floats;
  const [yes, no] = [asNode(whenTrue, beside), asNode(whenFalse, beside)];
  const dtype = yes.dtype === no.dtype && yes.dtype !== 'float16' ? yes.dtype : 'float32';
  const shape = broadcastShapes(condition.shape, broadcastShapes(yes.shape, no.shape, 'where'), 'where');
  return make(
    { kind: 'elementwise', fn: 'where' },
    [expand(cast(condition, 'bool'), shape), expand(cast(yes, dtype), shape), expand(cast(no, dtype), shape)],
    shape,
    dtype,
  );
}

/** The bits of int32, moved right by a number of places; zeros come in. */
export const shiftRight = (x: Node, places: number): Node =>
  make(
    { kind: 'elementwise', fn: 'shiftRight' },
    [x, expand(constant(places, 'int32', x.device), x.shape)],
    x.shape,
    'int32',
  );

/** Random words from key words and indices, all int32 of one shape; see `ElementwiseFunction`. */
export const randomBits = (key0: Node, key1: Node, index: Node): Node =>
  make({ kind: 'elementwise', fn: 'randomBits' }, [key0, key1, index], index.shape, 'int32');

/** 1 / (1 + e^-x), as e^x / (1 + e^x) where x is negative: nothing overflows, and small results keep their digits. */
export function sigmoid(given: Node): Node {
  const x = cast(given, 'float32');
  const small = exp(neg(abs(x)));
  const value = div(where(less(x, 0), small, 1), add(small, 1));
  return giveDerivative(value, {
    operands: [x],
    pullback: (_, y, gradient) => [mul(gradient, mul(y, add(neg(y), 1)))],
    isTransparent: false,
  });
}
