import { giveDerivative } from './derivative.ts';
import { cast, clamp } from './elementwise.ts';
import type { Tensor } from './tensor.ts';

// A rational function in x², fitted to erf(x) / x on [-3.92, 3.92], beyond which float32 has nothing but ±1; relative error
// 3e-7 in float32 arithmetic. Made from arithmetic alone, it is one fused kernel.
const NUMERATOR = [
  2.050124066954595e-6, 2.8487746021710336e-4, 3.7653963081538677e-3, 0.052748050540685654,
  0.1904013603925705, 1.1283791065216064,
];
const DENOMINATOR = [
  3.809181725955568e-5, 1.1624812614172697e-3, 0.014968778006732464, 0.11410700529813766, 0.5020715594291687,
  1,
];
const BOUND = 3.92;

/** A polynomial by Horner's rule, coefficients from the highest power down. */
export const polynomial = (x: Tensor, [first = 0, ...rest]: readonly number[]): Tensor => {
  const [second = 0, ...others] = rest;
  return others.reduce((sum, coefficient) => sum.mul(x).add(coefficient), x.mul(first).add(second));
};

/** The Gauss error function, to 3e-7. */
export function erf(tensor: Tensor): Tensor {
  const given = cast(tensor, 'float32');
  const x = clamp(given, -BOUND, BOUND);
  const square = x.mul(x);
  const value = x.mul(polynomial(square, NUMERATOR)).div(polynomial(square, DENOMINATOR));
  return giveDerivative(value, [given], gaussian, false);
}

// What the rational function's own derivative takes two dozen kernels for, as every step of both polynomials is wanted again.
const gaussian = ([x]: readonly Tensor[], _: Tensor, gradient: Tensor): readonly (Tensor | undefined)[] => [
  x && gradient.mul(2 / Math.sqrt(Math.PI)).mul(x.mul(x).neg().exp()),
];

/** x Φ(x), with the normal distribution's Φ (Hendrycks and Gimpel 2016). */
export const gelu = (x: Tensor): Tensor => x.mul(0.5).mul(erf(x.mul(Math.SQRT1_2)).add(1));

/** log(1 + e^x), which does not overflow. */
export const softplus = (x: Tensor): Tensor => x.maximum(0).add(x.abs().neg().exp().add(1).log());

/** x / (1 + e^-x) (Elfwing et al. 2017). */
export const silu = (x: Tensor): Tensor => x.mul(x.sigmoid());
