import {
  type Tensor as CoreTensor,
  erf as coreErf,
  gelu as coreGelu,
  softplus as coreSoftplus,
  tensor,
  where,
} from '@trestle/core';
import { asked, largerBig, mapped } from '../tensor/elementwise.ts';
import { erf, roundEven, sigmoid, softplus } from '../tensor/special-functions.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { CONSUMED } from './arithmetic.ts';
import { choice, flag, float } from './attributes.ts';
import { eachElement, op, type Versions } from './definition.ts';

/** An operator of one tensor, element by element, that has been there since a version of the operator set. */
function unary(
  since: number,
  types: string,
  number: (x: number) => number,
  { big, core }: { big?: (x: bigint) => bigint; core?: (x: CoreTensor) => CoreTensor } = {},
): Versions {
  const signature = `T:${types} -> T` as 'T:x -> T';
  const run = ([x]: [Tensor]): Tensor => mapped(x, number, big);
  const extras = core
    ? { core: eachElement(([x]: readonly (CoreTensor | undefined)[]) => x && core(x)) }
    : {};
  const first = since === 1 ? { 1: op(signature, CONSUMED, run) } : {};
  return { ...first, [since === 1 ? 6 : since]: op(signature, {}, run, extras) };
}

export const Abs = unary(1, 'number', Math.abs, { big: (x) => (x < 0n ? -x : x), core: (x) => x.abs() });
export const Neg = unary(1, 'signed', (x) => -x, { big: (x) => -x, core: (x) => x.neg() });
export const Ceil = unary(1, 'float', Math.ceil, { core: (x) => x.ceil() });
export const Floor = unary(1, 'float', Math.floor, { core: (x) => x.floor() });
export const Round = unary(11, 'float', roundEven);
export const Sqrt = unary(1, 'float', Math.sqrt, { core: (x) => x.sqrt() });
export const Exp = unary(1, 'float', Math.exp, { core: (x) => x.exp() });
export const Log = unary(1, 'float', Math.log, { core: (x) => x.log() });
export const Reciprocal = unary(1, 'float', (x) => 1 / x, { core: (x) => tensor(1).div(x) });
export const Sin = unary(7, 'float', Math.sin, { core: (x) => x.sin() });
export const Cos = unary(7, 'float', Math.cos, { core: (x) => x.cos() });
export const Tan = unary(7, 'float', Math.tan);
export const Asin = unary(7, 'float', Math.asin);
export const Acos = unary(7, 'float', Math.acos);
export const Atan = unary(7, 'float', Math.atan);
export const Sinh = unary(9, 'float', Math.sinh);
export const Cosh = unary(9, 'float', Math.cosh);
export const Asinh = unary(9, 'float', Math.asinh);
export const Acosh = unary(9, 'float', Math.acosh);
export const Atanh = unary(9, 'float', Math.atanh);
export const Tanh = unary(1, 'float', Math.tanh, { core: (x) => x.tanh() });
export const Sign = unary(9, 'number', Math.sign, { big: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n) });
export const Erf = unary(9, 'number', erf, { core: coreErf });
export const Relu = unary(1, 'signed', (x) => Math.max(x, 0), {
  big: (x) => largerBig(x, 0n),
  core: (x) => x.relu(),
});
export const Sigmoid = unary(1, 'float', sigmoid, { core: (x) => x.sigmoid() });
const plain = (x: number): number => x / (1 + Math.abs(x));
export const Softsign: Versions = { 1: op('T:float -> T', {}, ([x]) => mapped(x, plain)) };
export const Softplus: Versions = {
  1: op('T:float -> T', {}, ([x]) => mapped(x, softplus), {
    core: eachElement(([x]) => x && coreSoftplus(x)),
  }),
};
export const HardSwish = unary(14, 'float', (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5)), {
  core: (x) =>
    x.mul(
      x
        .mul(1 / 6)
        .add(0.5)
        .clamp(0, 1),
    ),
});
export const Mish = unary(18, 'float', (x) => x * Math.tanh(softplus(x)));

const elu = (x: number, alpha: number): number => (x < 0 ? alpha * Math.expm1(x) : x);
export const Elu: Versions = {
  1: op('T:float -> T', { alpha: float(1), ...CONSUMED }, ([x], { alpha }) =>
    mapped(x, (one) => elu(one, alpha)),
  ),
  6: op('T:float -> T', { alpha: float(1) }, ([x], { alpha }) => mapped(x, (one) => elu(one, alpha))),
};

/** max(0, x) + min(0, alpha (e^(x / alpha) - 1)) */
export const Celu: Versions = {
  12: op('T:float -> T', { alpha: float(1) }, ([x], { alpha }) =>
    mapped(x, (one) => Math.max(0, one) + Math.min(0, alpha * Math.expm1(one / alpha))),
  ),
};

const selu = ([x]: [Tensor], { alpha, gamma }: { alpha: number; gamma: number }): Tensor =>
  mapped(x, (one) => gamma * elu(one, alpha));
export const Selu: Versions = {
  1: op('T:float -> T', { alpha: float(1.6732), gamma: float(1.0507), ...CONSUMED }, selu),
  6: op('T:float -> T', { alpha: float(1.6732632423543772), gamma: float(1.0507009873554805) }, selu),
};

const leaky = ([x]: [Tensor], { alpha }: { alpha: number }): Tensor =>
  mapped(x, (one) => (one < 0 ? alpha * one : one));
export const LeakyRelu: Versions = {
  1: op('T:float -> T', { alpha: float(0.01), ...CONSUMED }, leaky),
  6: op('T:float -> T', { alpha: float(0.01) }, leaky, {
    core: eachElement(([x], { alpha }) => x && where(x.less(0), x.mul(alpha), x)),
  }),
};

const thresholded = (x: number, alpha: number): number => (Number.isNaN(x) || x > alpha ? x : 0);
export const ThresholdedRelu: Versions = {
  10: op('T:float -> T', { alpha: float(1) }, ([x], { alpha }) =>
    mapped(x, (one) => thresholded(one, alpha)),
  ),
};

const hardSigmoid = ([x]: [Tensor], { alpha, beta }: { alpha: number; beta: number }): Tensor =>
  mapped(x, (one) => Math.max(0, Math.min(1, alpha * one + beta)));
export const HardSigmoid: Versions = {
  1: op('T:float -> T', { alpha: float(0.2), beta: float(0.5), ...CONSUMED }, hardSigmoid),
  6: op('T:float -> T', { alpha: float(0.2), beta: float(0.5) }, hardSigmoid, {
    core: eachElement(([x], { alpha, beta }) => x?.mul(alpha).add(beta).clamp(0, 1)),
  }),
};

export const geluOf = (x: number): number => 0.5 * x * (1 + erf(x * Math.SQRT1_2));
export const tanhGeluOf = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
/** 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */
export const coreTanhGelu = (x: CoreTensor): CoreTensor =>
  x.mul(0.5).mul(
    x
      .mul(x)
      .mul(0.044715)
      .add(1)
      .mul(x)
      .mul(Math.sqrt(2 / Math.PI))
      .tanh()
      .add(1),
  );
export const Gelu: Versions = {
  20: op(
    'T:float -> T',
    { approximate: choice('none', 'tanh') },
    ([x], { approximate }) => mapped(x, approximate === 'tanh' ? tanhGeluOf : geluOf),
    {
      core: eachElement(
        ([x], { approximate }) => x && (approximate === 'tanh' ? coreTanhGelu(x) : coreGelu(x)),
      ),
    },
  ),
};

const swish = (x: number, alpha: number): number => x * sigmoid(alpha * x);
export const Swish: Versions = {
  24: op('T:float -> T', { alpha: float(1) }, ([x], { alpha }) => mapped(x, (one) => swish(one, alpha))),
};

/** The first input is the gate. */
export const SwiGLU: Versions = {
  28: op('T:float T -> T', { alpha: float(1) }, ([gate, x], { alpha }, call) => {
    if (gate.dims.join() !== x.dims.join()) throw call.fail(`its inputs are [${gate.dims}] and [${x.dims}]`);
    let at = 0;
    return mapped(gate, (one) => swish(one, alpha) * Number(x.data[at++]));
  }),
};

export const Shrink: Versions = {
  9: op('T:number -> T', { bias: float(0), lambd: float(0.5) }, ([x], { bias, lambd }) =>
    mapped(x, (one) => (one < -lambd ? one + bias : one > lambd ? one - bias : 0)),
  ),
};

export const IsNaN: Versions = { 9: op('T:float|small -> bool', {}, ([x]) => asked(x, Number.isNaN)) };
export const IsInf: Versions = {
  10: op(
    'T:float|small -> bool',
    { detect_negative: flag(true), detect_positive: flag(true) },
    ([x], { detect_negative, detect_positive }) =>
      asked(
        x,
        (one) =>
          (detect_positive && one === Number.POSITIVE_INFINITY) ||
          (detect_negative && one === Number.NEGATIVE_INFINITY),
      ),
  ),
};
