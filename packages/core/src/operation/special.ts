import type { Derivative, Node } from '../graph/node.ts';
import { giveDerivative } from './derivative.ts';
import { abs, add, cast, div, exp, maximum, minimum, mul, neg, sigmoid } from './elementwise.ts';

// A rational function in x², fitted to erf(x) / x on [-3.92, 3.92], beyond which float32 has nothing but ±1; relative error
// 3e-7 in float32 arithmetic. It goes on above ±1, by 2e-6 at 4.2, so that what is cut off there is ±1 exactly, whatever a device
// rounds. Made from arithmetic alone, it is one fused kernel.
const NUMERATOR = [
  2.050124066954595e-6, 2.8487746021710336e-4, 3.7653963081538677e-3, 0.052748050540685654,
  0.1904013603925705, 1.1283791065216064,
];
const DENOMINATOR = [
  3.809181725955568e-5, 1.1624812614172697e-3, 0.014968778006732464, 0.11410700529813766, 0.5020715594291687,
  1,
];
const BOUND = 4.2;

// 2 artanh(s) / s = 2 (1 + s²/3 + s⁴/5 + …), as far as s up to 1/3 needs it for float32.
export const TWICE_ARTANH = [2 / 15, 2 / 13, 2 / 11, 2 / 9, 2 / 7, 2 / 5, 2 / 3, 2];

/** A polynomial by Horner's rule, coefficients from the highest power down. */
export const polynomial = (x: Node, [first = 0, ...rest]: readonly number[]): Node => {
  const [second = 0, ...others] = rest;
  return others.reduce((sum, coefficient) => add(mul(sum, x), coefficient), add(mul(x, first), second));
};

const within = (x: Node, bound: number): Node => minimum(maximum(x, -bound), bound);

/** The Gauss error function, to 3e-7; never beyond ±1. */
export function erf(given: Node): Node {
  const whole = cast(given, 'float32');
  const x = within(whole, BOUND);
  const square = mul(x, x);
  const quotient = div(mul(x, polynomial(square, NUMERATOR)), polynomial(square, DENOMINATOR));
  return giveDerivative(within(quotient, 1), { operands: [whole], pullback: gaussian, isTransparent: false });
}

// What the rational function's own derivative takes two dozen kernels for, as every step of both polynomials is wanted again.
const gaussian: Derivative['pullback'] = ([x], _, gradient) => [
  x && mul(mul(gradient, 2 / Math.sqrt(Math.PI)), exp(neg(mul(x, x)))),
];

/** x Φ(x), with the normal distribution's Φ. */
export const gelu = (x: Node): Node => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));

/** log(1 + t) for t in [0, 1], as 2 artanh(t / (2 + t)): small t keep their digits, which 1 + t has no room for. */
function logOfOneAnd(t: Node): Node {
  const s = div(t, add(t, 2));
  return mul(s, polynomial(mul(s, s), TWICE_ARTANH));
}

/** log(1 + e^x), which does not overflow, and keeps the digits of small results. */
export function softplus(given: Node): Node {
  const x = cast(given, 'float32');
  const value = add(maximum(x, 0), logOfOneAnd(exp(neg(abs(x)))));
  return giveDerivative(value, {
    operands: [x],
    pullback: ([a = x], _, gradient) => [mul(gradient, sigmoid(a))],
    isTransparent: false,
  });
}

/** x / (1 + e^-x). */
export const silu = (x: Node): Node => mul(x, sigmoid(x));
