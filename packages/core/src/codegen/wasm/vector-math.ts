import { COS, SIN, TANH } from '../polynomials.ts';
import {
  type Code,
  callFor,
  f32,
  f32x4,
  f64,
  f64x2,
  get,
  i32,
  i32x4,
  type Scope,
  set,
  type Value,
  v128,
  when,
} from './assembler.ts';
import type { WasmFeatures } from './features.ts';

/** Where straight-line code over four lanes is collected. */
export interface Lanes {
  readonly scope: Scope;
  readonly features: WasmFeatures;
  readonly statements: Code[];
}

type Vector = Value<'v128'>;

/** Computes a value once, into a local; what comes back may be used any number of times. */
export function hold(lanes: Lanes, value: Vector): Vector {
  const local = lanes.scope.local('v128');
  lanes.statements.push(set(local, value));
  return get(local);
}

/** Imported scalar functions, for what four lanes cannot do: their place among the imports of every module. */
export const SCALAR_IMPORTS = ['sin', 'cos', 'pow'] as const;

/** One number in all four lanes, loaded outside of all loops. */
export const floats = ({ scope }: Lanes, n: number): Vector =>
  Object.is(n, 0) ? v128.floats(0) : scope.constant(v128.floats(n));
export const ints = ({ scope }: Lanes, n: number): Vector =>
  n === 0 ? v128.ints(0) : scope.constant(v128.ints(n));

/** Lanes of `a` where the mask's lanes are set, of `b` elsewhere; masks are all or nothing per lane. */
export const choose = ({ features }: Lanes, a: Vector, b: Vector, mask: Vector): Vector =>
  features.fma ? i32x4.relaxedSelect(a, b, mask) : v128.select(a, b, mask);

/** The larger or smaller of two, NaN if one is NaN. Which zero is the larger is not looked at. */
export function extreme(lanes: Lanes, which: 'max' | 'min', a: Vector, b: Vector): Vector {
  const second = hold(lanes, b);
  // Of two that cannot be compared pmin and pmax take the first.
  const picked = which === 'max' ? f32x4.pmax(a, second) : f32x4.pmin(a, second);
  return choose(lanes, second, picked, f32x4.ne(second, second));
}

/** a * b + c. */
export const madd = ({ features }: Lanes, a: Vector, b: Vector, c: Vector): Vector =>
  features.fma ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);

/** By Horner's scheme, coefficients from the constant one on. */
function polynomial(lanes: Lanes, x: Vector, coefficients: readonly number[]): Vector {
  const [last = 0, ...rest] = coefficients.toReversed();
  return rest.reduce(
    (sum, coefficient) => hold(lanes, madd(lanes, sum, x, floats(lanes, coefficient))),
    floats(lanes, last),
  );
}

// The polynomials below are least-maximum fits of our own (Lawson's iteration in float64): exp(r) = 1 + r + r^2 P(r) on
// |r| <= ln 2 / 2, log(1 + t) = t - t^2/2 + t^3 P(t) for 1 + t in [sqrt 1/2, sqrt 2], and so on as written beside them.
const EXP = [
  0.49999993412260973, 0.1666652010554625, 0.041668394259157776, 0.00836878062222487, 0.0013814464752030487,
];
const TWICE_EXP = EXP.map((coefficient) => 2 * coefficient);
const LOG = [
  0.3333331260280297, -0.2500000960365447, 0.20002118732197044, -0.1666799566708834, 0.14219550908315332,
  -0.1240559141721194, 0.11888174597903724, -0.11675641302970474, 0.06746601328240386,
];

/** ln 2 in two parts; the first has few enough bits for products with exponents to be exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.121944400546906e-4;

/**
 * Added to a small float, it leaves the nearest whole number n in the low bits, increased by 126: a shift makes 2^(n-1) of it,
 * which is a float up to the largest result, unlike 2^n.
 */
const ROUNDING = 1.5 * 2 ** 23 + 126;

/** e^x; infinities and NaN are right, and results below 2^-125 may be 0. */
export function exp(lanes: Lanes, operand: Vector): Vector {
  const number = (n: number): Vector => floats(lanes, n);
  // Beyond the limits the result is 0 or infinity all the same. NaN stays: it is the first, and no comparison with it holds.
  const x = hold(lanes, f32x4.pmin(f32x4.pmax(operand, number(-87.3)), number(89)));
  const rounded = hold(lanes, madd(lanes, x, number(Math.LOG2E), number(ROUNDING)));
  const count = hold(lanes, f32x4.sub(rounded, number(ROUNDING)));
  const high = hold(lanes, madd(lanes, count, number(-LN2_HIGH), x));
  const r = hold(lanes, madd(lanes, count, number(-LN2_LOW), high));
  // All of it doubled, for the power is half of what it should be.
  const tail = hold(lanes, madd(lanes, polynomial(lanes, r, TWICE_EXP), r, number(2)));
  const twice = madd(lanes, tail, r, number(2));
  return f32x4.mul(twice, i32x4.shl(rounded, i32.const(23)));
}

/** The natural logarithm; of zero it is -infinity, of negative numbers NaN. */
export function log(lanes: Lanes, operand: Vector): Vector {
  const x = hold(lanes, operand);
  const isSubnormal = hold(lanes, f32x4.lt(x, floats(lanes, 2 ** -126)));
  const normal = hold(lanes, choose(lanes, f32x4.mul(x, floats(lanes, 2 ** 23)), x, isSubnormal));
  // Adding the bits that lie between 1 and sqrt 1/2 carries into the exponent exactly when the mantissa is above sqrt 2.
  const shifted = hold(lanes, i32x4.add(normal, ints(lanes, 0x3f800000 - 0x3f3504f3)));
  const exponent = i32x4.sub(i32x4.shrU(shifted, i32.const(23)), ints(lanes, 127));
  const e = hold(lanes, f32x4.convertI32(i32x4.sub(exponent, v128.and(isSubnormal, ints(lanes, 23)))));
  const mantissa = i32x4.add(v128.and(shifted, ints(lanes, 0x007fffff)), ints(lanes, 0x3f3504f3));
  const t = hold(lanes, f32x4.sub(mantissa, floats(lanes, 1)));
  const squared = hold(lanes, f32x4.mul(t, t));
  const tail = f32x4.mul(f32x4.mul(polynomial(lanes, t, LOG), t), squared);
  const low = hold(
    lanes,
    madd(lanes, e, floats(lanes, LN2_LOW), madd(lanes, squared, floats(lanes, -0.5), tail)),
  );
  const finite = madd(lanes, e, floats(lanes, LN2_HIGH), f32x4.add(t, low));
  // Only positive finite numbers went well.
  const isSpecial = v128.not(
    v128.and(f32x4.gt(x, floats(lanes, 0)), f32x4.lt(x, floats(lanes, Number.POSITIVE_INFINITY))),
  );
  const special = choose(
    lanes,
    floats(lanes, Number.NEGATIVE_INFINITY),
    choose(lanes, x, floats(lanes, Number.NaN), f32x4.gt(x, floats(lanes, 0))),
    f32x4.eq(x, floats(lanes, 0)),
  );
  return choose(lanes, special, finite, isSpecial);
}

/** A polynomial near zero, 1 - 2 / (e^2x + 1) elsewhere. */
export function tanh(lanes: Lanes, operand: Vector): Vector {
  const x = hold(lanes, operand);
  const size = hold(lanes, f32x4.abs(x));
  const squared = hold(lanes, f32x4.mul(x, x));
  const near = madd(lanes, f32x4.mul(polynomial(lanes, squared, TANH), squared), x, x);
  const grown = exp(lanes, f32x4.add(size, size));
  const far = f32x4.sub(floats(lanes, 1), f32x4.div(floats(lanes, 2), f32x4.add(grown, floats(lanes, 1))));
  const signed = v128.or(v128.and(x, ints(lanes, 0x80000000)), far);
  return choose(lanes, near, signed, f32x4.lt(size, floats(lanes, 0.625)));
}

/** pi/2 in two parts; products of the first with whole numbers below 2^20 are exact in float64. */
const HALF_PI_HIGH = 1.5707963267341256;
const HALF_PI_LOW = 6.077100506506192e-11;
/** Larger arguments need more digits of pi than this has; there the host's function is called lane by lane. */
const LARGEST_REDUCED = 1e6;

/** sin or cos: reduced to |r| <= pi/4 in float64, then a polynomial; huge arguments lane by lane. */
export function sinOrCos(lanes: Lanes, which: 'sin' | 'cos', operand: Vector): Vector {
  const { scope, statements } = lanes;
  const x = hold(lanes, operand);
  const reduce = (two: Vector): { r: Vector; n: Vector } => {
    const wide = hold(lanes, f64x2.promoteLow(two));
    const n = hold(lanes, f64x2.nearest(f64x2.mul(wide, f64x2.splat(f64.const(2 / Math.PI)))));
    const high = f64x2.sub(wide, f64x2.mul(n, f64x2.splat(f64.const(HALF_PI_HIGH))));
    const r = f64x2.sub(high, f64x2.mul(n, f64x2.splat(f64.const(HALF_PI_LOW))));
    return { r: f64x2.demoteZero(r), n: i32x4.truncF64Zero(n) };
  };
  const low = reduce(x);
  const high = reduce(v128.shuffle(x, x, 2, 3, 2, 3));
  const r = hold(lanes, v128.shuffle(low.r, high.r, 0, 1, 4, 5));
  const turns = v128.shuffle(low.n, high.n, 0, 1, 4, 5);
  const quadrant = hold(lanes, which === 'sin' ? turns : i32x4.add(turns, ints(lanes, 1)));
  const z = hold(lanes, f32x4.mul(r, r));
  const sine = madd(lanes, f32x4.mul(polynomial(lanes, z, SIN), z), r, r);
  const cosineTail = madd(
    lanes,
    polynomial(lanes, z, COS),
    f32x4.mul(z, z),
    f32x4.mul(z, floats(lanes, -0.5)),
  );
  const cosine = f32x4.add(cosineTail, floats(lanes, 1));
  const isOdd = i32x4.ne(v128.and(quadrant, ints(lanes, 1)), ints(lanes, 0));
  const sign = i32x4.shl(v128.and(quadrant, ints(lanes, 2)), i32.const(30));
  const result = scope.local('v128');
  statements.push(set(result, v128.xor(choose(lanes, cosine, sine, isOdd), sign)));
  const isHuge = v128.not(f32x4.le(f32x4.abs(x), floats(lanes, LARGEST_REDUCED)));
  statements.push(when(v128.anyTrue(isHuge), set(result, laneByLane(which, x, x))));
  return get(result);
}

/** Calls the host's function on each lane. */
function laneByLane(name: (typeof SCALAR_IMPORTS)[number], a: Vector, b: Vector): Vector {
  const index = SCALAR_IMPORTS.indexOf(name);
  const lane = (at: number): Vector =>
    f32x4.splat(
      f32.demote(callFor('f64', index, f64.promote(f32x4.lane(a, at)), f64.promote(f32x4.lane(b, at)))),
    );
  const low = v128.shuffle(lane(0), lane(1), 0, 4, 0, 4);
  const high = v128.shuffle(lane(2), lane(3), 0, 4, 0, 4);
  return v128.shuffle(low, high, 0, 1, 4, 5);
}

/** base ^ exponent as IEEE 754 has it. */
export function pow(lanes: Lanes, base: Vector, exponent: Vector): Vector {
  return laneByLane('pow', hold(lanes, base), hold(lanes, exponent));
}

/** Small whole powers by multiplication; undefined for others. */
export function wholePower(lanes: Lanes, base: Vector, exponent: number): Vector | undefined {
  if (!Number.isInteger(exponent) || Math.abs(exponent) > 4 || exponent === 0) return undefined;
  const x = hold(lanes, base);
  const squared = Math.abs(exponent) === 1 ? x : hold(lanes, f32x4.mul(x, x));
  const power = [x, squared, f32x4.mul(squared, x), f32x4.mul(squared, squared)][Math.abs(exponent) - 1] ?? x;
  return exponent > 0 ? power : f32x4.div(floats(lanes, 1), power);
}

/** NaN and zeros stay what they are. */
export function sign(lanes: Lanes, operand: Vector): Vector {
  const x = hold(lanes, operand);
  const one = v128.or(v128.and(x, ints(lanes, 0x80000000)), floats(lanes, 1));
  const isSigned = v128.or(f32x4.lt(x, floats(lanes, 0)), f32x4.gt(x, floats(lanes, 0)));
  return choose(lanes, one, x, isSigned);
}
