import { type DType, isFloat } from '../../graph/dtype.ts';
import { visitExpressions } from '../../schedule/expression.ts';
import type { Expression } from '../../schedule/kernel.ts';
import { f32x4, i32, i32x4, type Value, v128 } from './assembler.ts';
import { randomBits } from './random-bits.ts';
import { roundHalf } from './round-half.ts';
import {
  choose,
  exp,
  extreme,
  floats,
  hold,
  ints,
  type Lanes,
  log,
  pow,
  sign,
  sinOrCos,
  tanh,
  wholePower,
} from './vector-math.ts';

type Vector = Value<'v128'>;
export type Leaf = Exclude<Expression, { kind: 'apply' } | { kind: 'constant' }>;

/** Gives the four lanes of a leaf; called once per leaf object and body. */
export type Leaves = (leaf: Leaf) => Vector;

/** What has been computed so far. Conditions are masks, all bits of a lane or none, until someone wants them as 0 and 1. */
export interface Known {
  readonly values: Map<Expression, Vector>;
  readonly masks: Map<Expression, Vector>;
}

export const nothingKnown = (): Known => ({ values: new Map(), masks: new Map() });
export const copyOf = ({ values, masks }: Known): Known => ({
  values: new Map(values),
  masks: new Map(masks),
});

/**
 * Writes an expression over four elements at a time. All types have 32-bit lanes; booleans are 0 and 1. What the expression
 * uses twice is computed once. `known` holds values from outside (computed before a loop), and gathers what is computed.
 */
export function lanesOf(expression: Expression, lanes: Lanes, leaves: Leaves, known: Known): Vector {
  const value = (node: Expression): Vector => {
    const before = known.values.get(node);
    if (before) return before;
    if (node.kind === 'constant') return constantLanes(lanes, node.value, node.dtype);
    const made = hold(lanes, node.kind === 'apply' ? apply(node, writing) : leaves(node));
    known.values.set(node, made);
    return made;
  };
  const mask = (node: Expression): Vector => {
    const before = known.masks.get(node);
    if (before) return before;
    const made = hold(lanes, maskOf(node, writing) ?? i32x4.ne(value(node), v128.ints(0)));
    known.masks.set(node, made);
    return made;
  };
  const uses = usesIn(expression);
  const isFusable = (node: Expression): node is Apply =>
    node.kind === 'apply' &&
    node.fn === 'mul' &&
    node.dtype === 'float32' &&
    uses.get(node) === 1 &&
    !known.values.has(node);
  const writing: Writing = { lanes, value, mask, isFusable };
  return value(expression);
}

function usesIn(root: Expression): ReadonlyMap<Expression, number> {
  const uses = new Map<Expression, number>();
  visitExpressions([root], (node) => {
    if (node.kind !== 'apply') return;
    for (const operand of node.operands) uses.set(operand, (uses.get(operand) ?? 0) + 1);
  });
  return uses;
}

function constantLanes(lanes: Lanes, value: number, dtype: DType): Vector {
  if (dtype === 'float32') return floats(lanes, value);
  return ints(lanes, dtype === 'bool' ? Number(value !== 0) : Math.trunc(value));
}

type Apply = Extract<Expression, { kind: 'apply' }>;

interface Writing {
  readonly lanes: Lanes;
  value(node: Expression): Vector;
  mask(node: Expression): Vector;
  /** A product of floats that nothing else uses and nobody has computed yet. */
  isFusable(node: Expression): node is Apply;
}

/** The mask of a condition; undefined for what is no comparison. */
function maskOf(node: Expression, { value, mask }: Writing): Vector | undefined {
  if (node.kind !== 'apply') return undefined;
  const [first, second = first] = node.operands;
  if (!first || !second) return undefined;
  const of = first.dtype === 'float32' ? f32x4 : i32x4;
  switch (node.fn) {
    case 'equal':
      return of.eq(value(first), value(second));
    case 'notEqual':
      return of.ne(value(first), value(second));
    case 'less':
      return of.lt(value(first), value(second));
    case 'lessEqual':
      return of.le(value(first), value(second));
    case 'isNaN':
      return first.dtype === 'float32' ? f32x4.ne(value(first), value(first)) : v128.ints(0);
    case 'not':
      return first.dtype === 'float32' ? f32x4.eq(value(first), v128.ints(0)) : v128.not(mask(first));
    default:
      return undefined;
  }
}

const isCondition = (node: Expression): boolean => node.kind === 'apply' && node.dtype === 'bool';

function apply(node: Apply, writing: Writing): Vector {
  const { lanes, value, mask } = writing;
  const { fn, dtype } = node;
  const [first, second, third] = node.operands;
  if (!first) throw new RangeError(`${fn} has no operand.`);
  const isFloat = first.dtype === 'float32';
  const a = (): Vector => value(first);
  const b = (): Vector => value(second ?? first);
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
      return isFloat ? sign(lanes, a()) : i32x4.max(i32x4.min(a(), ints(lanes, 1)), ints(lanes, -1));
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
    case 'add':
      return contracted(node, writing) ?? typed(f32x4.add, i32x4.add);
    case 'sub':
      return contracted(node, writing) ?? typed(f32x4.sub, i32x4.sub);
    case 'mul':
      return typed(f32x4.mul, i32x4.mul);
    case 'div':
      return f32x4.div(a(), b());
    case 'maximum':
    case 'minimum':
      return extremeOf(node, writing);
    case 'not':
    case 'isNaN':
    case 'equal':
    case 'notEqual':
    case 'less':
    case 'lessEqual':
      return v128.and(mask(node), ints(lanes, 1));
    case 'where':
      return choose(lanes, b(), value(third ?? first), mask(first));
    case 'shiftRight':
      return shiftRight(a(), second, b);
    case 'randomBits':
      return randomBits(lanes, a(), b(), value(third ?? first));
    case 'cast':
      return cast(first, dtype, writing);
    default:
      throw new RangeError(`The WebAssembly generator has no function ${String(fn)}.`);
  }
}

/**
 * A product that is only added to, or taken from, something: one fused operation, rounded once. A product that is used twice
 * stays itself, and so do two whose difference is taken: equal products differ by 0, which one of them unrounded would not.
 */
function contracted({ fn, operands }: Apply, { lanes, value, isFusable }: Writing): Vector | undefined {
  const [first, second] = operands;
  if (!lanes.features.fma || !first || !second) return undefined;
  if (fn === 'sub' && first.kind === 'apply' && first.fn === 'mul') return undefined;
  const fused = (of: (a: Vector, b: Vector, c: Vector) => Vector, product: Apply, other: Expression) => {
    const [a, b = a] = product.operands;
    // The sum so far first: a long sum of products would keep all their factors in registers otherwise.
    const sum = value(other);
    return a && b ? of(value(a), value(b), sum) : undefined;
  };
  if (isFusable(second)) return fused(fn === 'add' ? f32x4.relaxedMadd : f32x4.relaxedNmadd, second, first);
  return fn === 'add' && isFusable(first) ? fused(f32x4.relaxedMadd, first, second) : undefined;
}

function extremeOf({ fn, operands }: Apply, { lanes, value }: Writing): Vector {
  const [first, second = first] = operands;
  if (!first || !second) throw new RangeError(`${fn} has no operand.`);
  const isMax = fn === 'maximum';
  if (first.dtype !== 'float32') return (isMax ? i32x4.max : i32x4.min)(value(first), value(second));
  // A constant is no NaN: the other operand comes first, so that it stays if it is one.
  const [other, bound] = first.kind === 'constant' ? [second, first] : [first, second];
  if (bound.kind === 'constant' && !Number.isNaN(bound.value))
    return (isMax ? f32x4.pmax : f32x4.pmin)(value(other), value(bound));
  return extreme(lanes, isMax ? 'max' : 'min', value(first), value(second));
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

/** To integers towards zero, saturating, NaN to 0. */
function cast(from: Expression, to: DType, { lanes, value, mask }: Writing): Vector {
  if (from.dtype === to) return value(from);
  const comesFromFloat = isFloat(from.dtype);
  if (isFloat(to)) {
    const float = comesFromFloat
      ? value(from)
      : isCondition(from)
        ? v128.and(mask(from), floats(lanes, 1))
        : f32x4.convertI32(value(from));
    return to === 'float16' ? roundHalf(lanes, float) : float;
  }
  if (to === 'bool') {
    const isSet = comesFromFloat ? f32x4.ne(value(from), v128.ints(0)) : i32x4.ne(value(from), v128.ints(0));
    return v128.and(isSet, ints(lanes, 1));
  }
  return comesFromFloat ? i32x4.truncF32(value(from)) : value(from);
}
