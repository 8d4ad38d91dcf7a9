import type { Node } from '../graph/node.ts';
import { broadcastShapes } from '../graph/shape.ts';
import { giveDerivative } from './derivative.ts';
import {
  abs,
  add,
  cast,
  cos,
  div,
  equal,
  exp,
  floor,
  greater,
  isNotANumber,
  less,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  sign,
  sin,
  sqrt,
  sub,
  where,
} from './elementwise.ts';
import { expand } from './movement.ts';
import { polynomial, TWICE_ARTANH } from './special.ts';

// Functions that are no primitives: made of arithmetic, they are one fused kernel on every device. Polynomials of the inverse
// functions are those of Cephes (Moshier 1989), which float32 asks for; derivatives are given, as those of polynomials would
// take two dozen operations.

const float = (x: Node): Node => cast(x, 'float32');
const inverse = (x: Node): Node => pow(x, -1);

/** A function of one operand with the slope that its derivative multiplies with. */
const withSlope = (x: Node, value: Node, slope: (x: Node, y: Node) => Node): Node =>
  giveDerivative(value, {
    operands: [x],
    pullback: ([a = x], y, gradient) => [mul(gradient, slope(a, y))],
    isTransparent: false,
  });

/** The nearest whole number, the even one of two. */
export function round(x: Node): Node {
  if (x.dtype === 'int32' || x.dtype === 'bool') return floor(x);
  const down = floor(float(x));
  const rest = sub(float(x), down);
  const half = mul(down, 0.5);
  const isOdd = greater(sub(half, floor(half)), 0);
  const isUp = where(equal(rest, 0.5), isOdd, greater(rest, 0.5));
  return signed(add(down, where(isUp, 1, 0)), float(x));
}

/** Towards zero. */
export function trunc(x: Node): Node {
  if (x.dtype === 'int32' || x.dtype === 'bool') return floor(x);
  const whole = floor(abs(float(x)));
  return signed(where(less(x, 0), neg(whole), whole), float(x));
}

/** Zeros with the sign of what they were rounded from. */
const signed = (value: Node, x: Node): Node => where(equal(value, 0), mul(x, 0), value);

export const tan = (given: Node): Node => {
  const x = float(given);
  return withSlope(x, div(sin(x), cos(x)), (_, y) => add(mul(y, y), 1));
};

/** Inside [-1, 1]: the polynomial of asin for what is at most 1/2. */
function smallAsin(x: Node): Node {
  const z = mul(x, x);
  return add(x, mul(mul(x, z), polynomial(z, ASIN)));
}
const ASIN = [4.2163199048e-2, 2.4181311049e-2, 4.5470025998e-2, 7.4953002686e-2, 1.6666752422e-1];

/** 2 asin(sqrt((1 - |x|) / 2)): what is left to the end of the range. */
const toTheEnd = (size: Node): Node => mul(smallAsin(sqrt(mul(add(neg(size), 1), 0.5))), 2);
const asinSlope = (x: Node): Node => inverse(sqrt(mul(add(neg(x), 1), add(x, 1))));

export const asin = (given: Node): Node => {
  const x = float(given);
  const size = abs(x);
  const large = mul(sign(x), add(neg(toTheEnd(size)), Math.PI / 2));
  return withSlope(x, where(less(size, 0.5), smallAsin(x), large), asinSlope);
};

export const acos = (given: Node): Node => {
  const x = float(given);
  const end = toTheEnd(abs(x));
  const large = where(less(x, 0), add(neg(end), Math.PI), end);
  const value = where(less(abs(x), 0.5), add(neg(smallAsin(x)), Math.PI / 2), large);
  return withSlope(x, value, (a) => neg(asinSlope(a)));
};

const ATAN = [8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1];

/** Of what is not negative. */
function atanOf(size: Node): Node {
  const isLarge = greater(size, 2.414213562373095);
  const isMiddle = greater(size, 0.4142135623730951);
  const x = where(isLarge, neg(inverse(size)), where(isMiddle, div(sub(size, 1), add(size, 1)), size));
  const z = mul(x, x);
  const value = add(x, mul(mul(x, z), polynomial(z, ATAN)));
  return add(value, where(isLarge, Math.PI / 2, where(isMiddle, Math.PI / 4, 0)));
}

export const atan = (given: Node): Node => {
  const x = float(given);
  const value = where(less(x, 0), neg(atanOf(abs(x))), where(equal(x, 0), x, atanOf(abs(x))));
  return withSlope(x, value, (a) => inverse(add(mul(a, a), 1)));
};

/** Whether a number has the sign of -0 or below. */
const isNegative = (x: Node): Node => where(equal(x, 0), less(inverse(x), 0), less(x, 0));

/** The angle of (x, y), in (-pi, pi]. */
export function atan2(y: Node, x: Node): Node {
  const shape = broadcastShapes(y.shape, x.shape, 'atan2');
  const [opposite, adjacent] = [expand(float(y), shape), expand(float(x), shape)];
  const [a, b] = [abs(opposite), abs(adjacent)];
  const isSteep = greater(a, b);
  const ratio = div(minimum(a, b), maximum(a, b));
  // Of two zeros, and of two infinities.
  const known = where(equal(a, b), where(equal(a, 0), 0, 1), ratio);
  const flat = atanOf(known);
  const upper = where(isSteep, add(neg(flat), Math.PI / 2), flat);
  const turned = where(isNegative(adjacent), add(neg(upper), Math.PI), upper);
  const whole = where(isNegative(opposite), neg(turned), turned);
  const value = where(isNotANumber(ratio), where(equal(a, b), whole, ratio), whole);
  return giveDerivative(value, {
    operands: [opposite, adjacent],
    pullback: ([p = opposite, q = adjacent], _, gradient) => {
      const scaled = div(gradient, add(mul(p, p), mul(q, q)));
      return [mul(scaled, q), neg(mul(scaled, p))];
    },
    isTransparent: false,
  });
}

/** log(1 + x), with the digits of small x. */
export const log1p = (given: Node): Node => {
  const x = float(given);
  const s = div(x, add(x, 2));
  const small = mul(s, polynomial(mul(s, s), TWICE_ARTANH));
  const isSmall = where(less(x, 1), greater(x, -0.5), 0);
  return withSlope(x, where(isSmall, small, log(add(x, 1))), (a) => inverse(add(a, 1)));
};

/** e^x - 1, with the digits of small x. */
export const expm1 = (given: Node): Node => {
  const x = float(given);
  const small = mul(x, polynomial(x, EXPM1));
  return withSlope(x, where(less(abs(x), 0.5), small, sub(exp(x), 1)), (a) => exp(a));
};
// 1 / n! as far as |x| below 1/2 needs them.
const EXPM1 = [1 / 40320, 1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1];

/** e^|x| / 2 as a product of two halves, which does not overflow before its result does. */
const halfOfExp = (size: Node): Node => {
  const root = exp(mul(size, 0.5));
  return mul(mul(root, 0.5), root);
};

export const sinh = (given: Node): Node => {
  const x = float(given);
  const size = abs(x);
  const grown = halfOfExp(size);
  const large = mul(sign(x), sub(grown, mul(inverse(grown), 0.25)));
  const z = mul(x, x);
  return withSlope(x, where(less(size, 1), mul(x, polynomial(z, SINH)), large), cosh);
};
// 1 / (2n + 1)! as far as |x| below 1 needs them.
const SINH = [1 / 362880, 1 / 5040, 1 / 120, 1 / 6, 1];

export function cosh(given: Node): Node {
  const x = float(given);
  const grown = halfOfExp(abs(x));
  return withSlope(x, add(grown, mul(inverse(grown), 0.25)), sinh);
}

const ENORMOUS = 1e8;

export const asinh = (given: Node): Node => {
  const x = float(given);
  const size = abs(x);
  const squared = mul(size, size);
  const near = log1p(add(size, div(squared, add(sqrt(add(squared, 1)), 1))));
  const value = where(less(size, ENORMOUS), near, add(log(size), Math.LN2));
  return withSlope(x, where(less(x, 0), neg(value), where(equal(x, 0), x, value)), (a) =>
    inverse(sqrt(add(mul(a, a), 1))),
  );
};

export const acosh = (given: Node): Node => {
  const x = float(given);
  const above = sub(x, 1);
  const near = log1p(add(above, mul(sqrt(above), sqrt(add(above, 2)))));
  return withSlope(x, where(less(x, ENORMOUS), near, add(log(x), Math.LN2)), (a) =>
    inverse(mul(sqrt(sub(a, 1)), sqrt(add(a, 1)))),
  );
};

export const atanh = (given: Node): Node => {
  const x = float(given);
  const size = abs(x);
  const half = mul(log1p(div(mul(size, 2), add(neg(size), 1))), 0.5);
  return withSlope(x, where(less(x, 0), neg(half), where(equal(x, 0), x, half)), (a) =>
    inverse(mul(add(neg(a), 1), add(a, 1))),
  );
};
