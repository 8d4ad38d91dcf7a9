import type { DType } from '../../graph/dtype.ts';
import type { Expression } from '../../schedule/kernel.ts';
import { f32x4, i32, i32x4, type Value, v128 } from './assembler.ts';
import { randomBits } from './random-bits.ts';
import { exp, hold, type Lanes, log, pow, sign, sinOrCos, tanh, wholePower } from './vector-math.ts';

type Vector = Value<'v128'>;
type Leaf = Exclude<Expression, { kind: 'apply' } | { kind: 'constant' }>;

/** Gives the four lanes of a leaf; called once per leaf object and body. */
export type Leaves = (leaf: Leaf) => Vector;

const { floats, ints } = v128;

/**
 * Writes an expression over four elements at a time. All types have 32-bit lanes; booleans are 0 and 1. What the expression
 * uses twice is computed once. `known` holds values from outside (computed before a loop), and gathers what is computed.
 */
export function lanesOf(
  expression: Expression,
  lanes: Lanes,
  leaves: Leaves,
  known: Map<Expression, Vector> = new Map(),
): Vector {
  const visit = (node: Expression): Vector => {
    const before = known.get(node);
    if (before) return before;
    if (node.kind === 'constant') return constantLanes(node.value, node.dtype);
    const value = hold(lanes, node.kind === 'apply' ? apply(node, visit, lanes) : leaves(node));
    known.set(node, value);
    return value;
  };
  return visit(expression);
}

function constantLanes(value: number, dtype: DType): Vector {
  if (dtype === 'float32') return floats(value);
  return ints(dtype === 'bool' ? Number(value !== 0) : Math.trunc(value));
}

type Apply = Extract<Expression, { kind: 'apply' }>;

const toBool = (mask: Vector): Vector => v128.and(mask, ints(1));

function apply(node: Apply, visit: (operand: Expression) => Vector, lanes: Lanes): Vector {
  const { fn, dtype } = node;
  const [first, second, third] = node.operands;
  if (!first) throw new RangeError(`${fn} has no operand.`);
  const isFloat = first.dtype === 'float32';
  const a = (): Vector => visit(first);
  const b = (): Vector => visit(second ?? first);
  const typed = (float: (x: Vector, y: Vector) => Vector, int: (x: Vector, y: Vector) => Vector): Vector =>
    isFloat ? float(a(), b()) : int(a(), b());
  switch (fn) {
    case 'neg':
      return isFloat ? f32x4.neg(a()) : i32x4.neg(a());
    case 'abs':
      return isFloat ? f32x4.abs(a()) : i32x4.abs(a());
    case 'floor':
      return isFloat ? f32x4.floor(a()) : a();
    case 'sign':
      return isFloat ? sign(lanes, a()) : i32x4.max(i32x4.min(a(), ints(1)), ints(-1));
    case 'sqrt':
      return f32x4.sqrt(a());
    case 'exp':
      return exp(lanes, a());
    case 'log':
      return log(lanes, a());
    case 'tanh':
      return tanh(lanes, a());
    case 'sin':
    case 'cos':
      return sinOrCos(lanes, fn, a());
    case 'pow':
      return (
        (second?.kind === 'constant' ? wholePower(lanes, a(), second.value) : undefined) ??
        pow(lanes, a(), b())
      );
    case 'not':
      return toBool(isFloat ? f32x4.eq(a(), floats(0)) : i32x4.eq(a(), ints(0)));
    case 'add':
      return typed(f32x4.add, i32x4.add);
    case 'sub':
      return typed(f32x4.sub, i32x4.sub);
    case 'mul':
      return typed(f32x4.mul, i32x4.mul);
    case 'div':
      return f32x4.div(a(), b());
    case 'maximum':
      return typed(f32x4.max, i32x4.max);
    case 'minimum':
      return typed(f32x4.min, i32x4.min);
    case 'equal':
    case 'notEqual':
    case 'less':
    case 'lessEqual':
      return toBool(comparison(fn, isFloat, a(), b()));
    case 'where':
      return v128.select(b(), visit(third ?? first), i32x4.ne(a(), ints(0)));
    case 'isNaN':
      return isFloat ? toBool(f32x4.ne(a(), a())) : ints(0);
    case 'shiftRight':
      return shiftRight(a(), second, b);
    case 'randomBits':
      return randomBits(lanes, a(), b(), visit(third ?? first));
    case 'cast':
      return cast(a(), first.dtype, dtype);
    default:
      throw new RangeError(`The WebAssembly generator has no function ${String(fn)}.`);
  }
}

/** Logical; the distance counts modulo 32, as in JavaScript. */
function shiftRight(value: Vector, by: Expression | undefined, distances: () => Vector): Vector {
  if (by?.kind === 'constant') return i32x4.shrU(value, i32.const(by.value));
  const lane = (at: number): Vector =>
    i32x4.splat(i32.shrU(i32x4.lane(value, at), i32x4.lane(distances(), at)));
  const low = v128.shuffle(lane(0), lane(1), 0, 4, 0, 4);
  const high = v128.shuffle(lane(2), lane(3), 0, 4, 0, 4);
  return v128.shuffle(low, high, 0, 1, 4, 5);
}

function comparison(
  fn: 'equal' | 'notEqual' | 'less' | 'lessEqual',
  isFloat: boolean,
  a: Vector,
  b: Vector,
): Vector {
  const of = isFloat ? f32x4 : i32x4;
  switch (fn) {
    case 'equal':
      return of.eq(a, b);
    case 'notEqual':
      return of.ne(a, b);
    case 'less':
      return of.lt(a, b);
    case 'lessEqual':
      return of.le(a, b);
  }
}

/** To integers towards zero, saturating, NaN to 0. */
function cast(value: Vector, from: DType, to: DType): Vector {
  if (from === to) return value;
  if (to === 'float32') return f32x4.convertI32(value);
  if (to === 'bool')
    return toBool(from === 'float32' ? f32x4.ne(value, floats(0)) : i32x4.ne(value, ints(0)));
  return from === 'float32' ? i32x4.truncF32(value) : value;
}
