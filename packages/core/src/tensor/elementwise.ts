import { checkDType, type DType, isFloat } from '../graph/dtype.ts';
import {
  type ArithmeticFunction,
  type ComparisonFunction,
  resultType,
  type UnaryFunction,
} from '../graph/elementwise.ts';
import { asTensor, constant, make } from './make.ts';
import { expand } from './movement.ts';
import { broadcastShapes } from './shape.ts';
import { type Operand, Tensor } from './tensor.ts';

const INTEGER_UNARY: ReadonlySet<string> = new Set(['neg', 'abs', 'sign', 'not', 'floor']);

export function cast(tensor: Tensor, dtype: DType): Tensor {
  if (tensor.dtype === dtype) return tensor;
  checkDType(dtype, 'cast');
  return make({ kind: 'elementwise', fn: 'cast' }, [tensor], tensor.shape, dtype);
}

/** What is computed with in place of a tensor: float16 is only stored. */
export const widened = (tensor: Tensor): Tensor =>
  tensor.dtype === 'float16' ? cast(tensor, 'float32') : tensor;

export function unary(fn: UnaryFunction, given: Tensor): Tensor {
  const tensor = widened(given);
  // Transcendental functions of integers are computed in float32, as NumPy promotes them.
  const operand = tensor.dtype !== 'float32' && !INTEGER_UNARY.has(fn) ? cast(tensor, 'float32') : tensor;
  const numeric = operand.dtype === 'bool' && fn !== 'not' ? cast(operand, 'int32') : operand;
  return make({ kind: 'elementwise', fn }, [numeric], numeric.shape, resultType(fn, numeric.dtype));
}

/** `operation` is what the caller called, for errors. */
export function binary(
  fn: ArithmeticFunction | ComparisonFunction,
  left: Tensor,
  right: Operand,
  operation: string = fn,
): Tensor {
  const other = asTensor(right, left, operation);
  const hasFloat = isFloat(left.dtype) || isFloat(other.dtype) || fn === 'div' || fn === 'pow';
  const dtype: DType = hasFloat ? 'float32' : 'int32';
  const shape = broadcastShapes(left.shape, other.shape, operation);
  const operands: [Tensor, Tensor] = [expand(cast(left, dtype), shape), expand(cast(other, dtype), shape)];
  return make({ kind: 'elementwise', fn }, operands, shape, resultType(fn, dtype));
}

/** `whenTrue` where the condition is not zero, `whenFalse` elsewhere. All three broadcast. */
export function where(condition: Tensor, whenTrue: Operand, whenFalse: Operand): Tensor {
  const floats = constant(0, 'float32', condition.device);
  const beside = whenTrue instanceof Tensor ? whenTrue : whenFalse instanceof Tensor ? whenFalse : floats;
  const [yes, no] = [asTensor(whenTrue, beside, 'where'), asTensor(whenFalse, beside, 'where')];
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
export const shiftRight = (tensor: Tensor, places: number): Tensor =>
  make(
    { kind: 'elementwise', fn: 'shiftRight' },
    [tensor, expand(constant(places, 'int32', tensor.device), tensor.shape)],
    tensor.shape,
    'int32',
  );

/** Random words from key words and indices, all int32 of one shape; see `ElementwiseFunction`. */
export const randomBits = (key0: Tensor, key1: Tensor, index: Tensor): Tensor =>
  make({ kind: 'elementwise', fn: 'randomBits' }, [key0, key1, index], index.shape, 'int32');

/** Values kept between two bounds, either of which may be left out. */
export function clamp(tensor: Tensor, low?: Operand, high?: Operand): Tensor {
  const raised = low === undefined ? tensor : binary('maximum', tensor, low, 'clamp');
  return high === undefined ? raised : binary('minimum', raised, high, 'clamp');
}
