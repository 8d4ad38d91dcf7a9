import * as math from '../operation/math.ts';
import { checkTensor, Tensor } from './tensor.ts';

/** Rounds to the nearest whole number, the even one of two. */
export const round = (x: Tensor): Tensor => new Tensor(math.round(x.node));
/** Rounds towards zero. */
export const trunc = (x: Tensor): Tensor => new Tensor(math.trunc(x.node));
/** The tangent, of radians. */
export const tan = (x: Tensor): Tensor => new Tensor(math.tan(x.node));
/** The angle, in [-π/2, π/2], whose sine it is; NaN outside [-1, 1]. */
export const asin = (x: Tensor): Tensor => new Tensor(math.asin(x.node));
/** The angle, in [0, π], whose cosine it is; NaN outside [-1, 1]. */
export const acos = (x: Tensor): Tensor => new Tensor(math.acos(x.node));
/** The angle, in [-π/2, π/2], whose tangent it is. */
export const atan = (x: Tensor): Tensor => new Tensor(math.atan(x.node));
/** The angle of (x, y), in [-π, π], by the signs of both, zeros' too. Both broadcast. @throws TRS_CORE_SHAPE_MISMATCH */
export function atan2(y: Tensor, x: Tensor): Tensor {
  checkTensor(x, y, 'atan2');
  return new Tensor(math.atan2(y.node, x.node));
}
/** The hyperbolic sine. */
export const sinh = (x: Tensor): Tensor => new Tensor(math.sinh(x.node));
/** The hyperbolic cosine. */
export const cosh = (x: Tensor): Tensor => new Tensor(math.cosh(x.node));
/** The inverse of `sinh`. */
export const asinh = (x: Tensor): Tensor => new Tensor(math.asinh(x.node));
/** The inverse of `cosh`; NaN below 1. */
export const acosh = (x: Tensor): Tensor => new Tensor(math.acosh(x.node));
/** The inverse of `tanh`; infinite at ±1, NaN beyond. */
export const atanh = (x: Tensor): Tensor => new Tensor(math.atanh(x.node));
/** log(1 + x), with the digits of small x. */
export const log1p = (x: Tensor): Tensor => new Tensor(math.log1p(x.node));
/** e^x - 1, with the digits of small x. */
export const expm1 = (x: Tensor): Tensor => new Tensor(math.expm1(x.node));
