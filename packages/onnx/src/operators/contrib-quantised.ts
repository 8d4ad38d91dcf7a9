import { integerRange } from '../format/element-types.ts';
import type { OnnxError } from '../onnx-error.ts';
import { axisOf, broadcastDims, broadcastPlaces, concatenated, transposed } from '../tensor/places.ts';
import { roundEven, sigmoid } from '../tensor/special-functions.ts';
import { doublesOf, fromNumbers, sizeOf, type Tensor } from '../tensor/tensor.ts';
import { flag, float, int, required } from './attributes.ts';
import { ran } from './contrib.ts';
import { op, type Versions } from './definition.ts';
import { Softmax } from './normalisation.ts';
import { AVERAGE, AveragePool } from './pooling.ts';

type Fail = (reason: string) => OnnxError;

/*
 * Operators of com.microsoft on 8-bit integers that stand for numbers (docs/ContribOperators.md of ONNX Runtime): what they stand for
 * is computed, and brought back to integers.
 */

/** The one value of a scale or a zero. */
function single(x: Tensor | undefined, otherwise: number, fail: Fail): number {
  if (!x) return otherwise;
  if (x.data.length !== 1) throw fail('a scale or a zero of it is not one number');
  return Number(x.data[0]);
}

/** What integers stand for. */
function meant(x: Tensor, scale: Tensor, zero: Tensor | undefined, fail: Fail): Float64Array {
  const [factor, middle] = [single(scale, 1, fail), single(zero, 0, fail)];
  return Float64Array.from(doublesOf(x), (value) => (value - middle) * factor);
}

/** Integers that stand for numbers, as well as they can. */
function quantised(
  like: Tensor,
  dims: readonly number[],
  values: ArrayLike<number>,
  scale: Tensor,
  zero: Tensor | undefined,
  fail: Fail,
): Tensor {
  const [factor, middle] = [single(scale, 1, fail), single(zero, 0, fail)];
  const [least, most] = (integerRange(like.type) ?? [0n, 255n]).map(Number);
  return fromNumbers(
    like.type,
    dims,
    Float64Array.from(values, (value) =>
      Math.min(most ?? 255, Math.max(least ?? 0, roundEven(Math.fround(value / factor)) + middle)),
    ),
  );
}

const paired = (fn: (a: number, b: number) => number): Versions => ({
  1: op(
    'Q:int8|uint8 float32 Q? Q float32 Q? float32 Q? -> Q',
    {},
    ([a, aScale, aZero, b, bScale, bZero, scale, zero], _, { fail }) => {
      const dims = broadcastDims(a.dims, b.dims);
      const [left, right] = [meant(a, aScale, aZero, fail), meant(b, bScale, bZero, fail)];
      const [atLeft, atRight] = [broadcastPlaces(a.dims, dims), broadcastPlaces(b.dims, dims)];
      const values = Float64Array.from({ length: sizeOf(dims) }, (_one, at) =>
        fn(left[atLeft ? (atLeft[at] ?? 0) : at] ?? 0, right[atRight ? (atRight[at] ?? 0) : at] ?? 0),
      );
      return quantised(a, dims, values, scale, zero, fail);
    },
  ),
});
export const QLinearAdd: Versions = paired((a, b) => a + b);
export const QLinearMul: Versions = paired((a, b) => a * b);

export const QLinearSigmoid: Versions = {
  1: op('Q:int8|uint8 float32 Q? float32 Q? -> Q', {}, ([x, xScale, xZero, scale, zero], _, { fail }) =>
    quantised(x, x.dims, meant(x, xScale, xZero, fail).map(sigmoid), scale, zero, fail),
  ),
};
export const QLinearLeakyRelu: Versions = {
  1: op(
    'Q:int8|uint8 float32 Q? float32 Q? -> Q',
    { alpha: float(0.01) },
    ([x, xScale, xZero, scale, zero], { alpha }, { fail }) => {
      const values = meant(x, xScale, xZero, fail).map((one) => (one < 0 ? alpha * one : one));
      return quantised(x, x.dims, values, scale, zero, fail);
    },
  ),
};

export const QLinearGlobalAveragePool: Versions = {
  1: op(
    'Q:int8|uint8 float32 Q float32 Q -> Q',
    { channels_last: flag(false) },
    ([x, xScale, xZero, scale, zero], { channels_last: isLast }, { fail }) => {
      if (x.dims.length < 3) throw fail(`[${x.dims}] has no places to average`);
      const values = meant(x, xScale, xZero, fail);
      const [batch = 0] = x.dims;
      const channels = (isLast ? x.dims.at(-1) : x.dims[1]) ?? 0;
      const places = x.data.length / Math.max(1, batch * channels);
      const means = Float64Array.from({ length: batch * channels }, (_, at) => {
        const [row, channel] = [Math.floor(at / channels), at % channels];
        let all = 0;
        for (let place = 0; place < places; place++)
          all += values[isLast ? (row * places + place) * channels + channel : at * places + place] ?? 0;
        return all / places;
      });
      const ones = x.dims.slice(2).map(() => 1);
      return quantised(
        x,
        isLast ? [batch, ...ones, channels] : [batch, channels, ...ones],
        means,
        scale,
        zero,
        fail,
      );
    },
  ),
};

/** Behind the scale and the zero of the output come three for each input. */
export const QLinearConcat: Versions = {
  1: op(
    'float32 Q:int8|uint8 V* -> Q',
    { axis: required(int()) },
    ([scale, zero, ...rest], { axis }, { fail }) => {
      if (rest.length === 0 || rest.length % 3 !== 0)
        throw fail(`it has ${rest.length} inputs behind its zero, and not three for each`);
      const parts: Tensor[] = [];
      for (let at = 0; at < rest.length; at += 3) {
        const [x, own, ownZero] = [rest[at], rest[at + 1], rest[at + 2]];
        if (
          x?.kind !== 'tensor' ||
          own?.kind !== 'tensor' ||
          ownZero?.kind !== 'tensor' ||
          x.type !== zero.type
        )
          throw fail(`its input ${at + 2} is no tensor of ${zero.type} with a scale and a zero`);
        parts.push(quantised(zero, x.dims, meant(x, own, ownZero, fail), scale, zero, fail));
      }
      return concatenated(parts, axisOf(axis, parts[0]?.dims.length ?? 0, fail));
    },
  ),
};

/** What integers stand for, as a tensor. */
const numbersOf = (x: Tensor, scale: Tensor, zero: Tensor | undefined, fail: Fail): Tensor =>
  fromNumbers('float32', x.dims, meant(x, scale, zero, fail));

export const QLinearAveragePool: Versions = {
  1: op(
    'Q:int8|uint8 float32 Q? float32 Q? -> Q',
    { ...AVERAGE, ceil_mode: flag(false), channels_last: flag(false) },
    ([x, xScale, xZero, scale, zero], { channels_last: isLast, ...options }, call) => {
      const axes = Array.from({ length: Math.max(0, x.dims.length - 2) }, (_, axis) => axis + 1);
      const rank = x.dims.length;
      const numbers = numbersOf(x, xScale, xZero, call.fail);
      const given = isLast ? transposed(numbers, [0, rank - 1, ...axes]) : numbers;
      const [found] = ran(AveragePool[10], [given], options, call);
      if (!found) throw call.fail('it has no means');
      const means = isLast ? transposed(found, [0, ...axes.map((axis) => axis + 1), 1]) : found;
      return quantised(x, means.dims, doublesOf(means), scale, zero, call.fail);
    },
  ),
};

export const QLinearSoftmax: Versions = {
  1: op(
    'Q:int8|uint8 float32 Q? float32 Q -> Q',
    // The operator set of ai.onnx says what is meant by the axis: one of all, or that and all behind it.
    { axis: int(-1), opset: required(int()) },
    ([x, xScale, xZero, scale, zero], { axis, opset }, call) => {
      const numbers = numbersOf(x, xScale, xZero, call.fail);
      const [found] = ran(Softmax[opset < 13 ? 1 : 13], [numbers], { axis }, call);
      if (!found) throw call.fail('it has no weights');
      return quantised(x, x.dims, doublesOf(found), scale, zero, call.fail);
    },
  ),
};

export const QLinearWhere: Versions = {
  1: op(
    'bool Q:int8|uint8 float32 Q Q float32 Q float32 Q -> Q',
    {},
    ([condition, a, aScale, aZero, b, bScale, bZero, scale, zero], _, { fail }) => {
      const dims = broadcastDims(broadcastDims(a.dims, b.dims), condition.dims);
      const [left, right] = [meant(a, aScale, aZero, fail), meant(b, bScale, bZero, fail)];
      const [which, atLeft, atRight] = [condition, a, b].map((one) => broadcastPlaces(one.dims, dims));
      const values = Float64Array.from({ length: sizeOf(dims) }, (_one, at) =>
        condition.data[which ? (which[at] ?? 0) : at]
          ? (left[atLeft ? (atLeft[at] ?? 0) : at] ?? 0)
          : (right[atRight ? (atRight[at] ?? 0) : at] ?? 0),
      );
      return quantised(a, dims, values, scale, zero, fail);
    },
  ),
};
