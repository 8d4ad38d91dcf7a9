import { type ElementType, elementTypeOf, floatFormat, integerRange } from '../format/element-types.ts';
import { roundTo } from '../format/float-formats.ts';
import type { OnnxError } from '../onnx-error.ts';
import { broadcastPlaces, stridesOf } from '../tensor/places.ts';
import { roundEven } from '../tensor/special-functions.ts';
import {
  doublesOf,
  floats,
  fromNumbers,
  make,
  type NumberArray,
  sizeOf,
  type Tensor,
} from '../tensor/tensor.ts';
import { checked, flag, int, type Spec } from './attributes.ts';
import { CONVOLUTION } from './convolution.ts';
import { op, type Versions } from './definition.ts';
import { integerConvolution } from './integer-convolution.ts';
import { doubleProduct, integerProduct, ofRows } from './integer-product.ts';

type Fail = (reason: string) => OnnxError;

/** A type by its number; 0 is none. */
const typeOrNone = (): Spec<ElementType | undefined> => {
  const own = int(0);
  return {
    kinds: own.kinds,
    read(attribute) {
      const number = own.read(attribute);
      return number === 0 ? undefined : elementTypeOf(number, 'The attribute');
    },
  };
};

/**
 * For each element of x, which scale is its: one for all, one for each place of an axis, or one for each block of an axis.
 * Undefined where there is one.
 */
function scalePlaces(
  x: readonly number[],
  scale: Tensor,
  axis: number,
  block: number,
  fail: Fail,
): Int32Array | undefined {
  if (scale.data.length === 1 && scale.dims.length <= 1) return undefined;
  const at = axis < 0 ? axis + x.length : axis;
  const length = x[at];
  if (length === undefined) throw fail(`axis ${axis} is none of ${x.length} axes`);
  const strides = stridesOf(x);
  const places = new Int32Array(sizeOf(x));
  if (block === 0) {
    if (scale.dims.length !== 1 || scale.data.length !== length)
      throw fail(`scales [${scale.dims}] do not fit axis ${axis} of [${x}]`);
    const step = strides[at] ?? 1;
    for (let i = 0; i < places.length; i++) places[i] = Math.floor(i / step) % length;
    return places;
  }
  const isFitting =
    scale.dims.length === x.length &&
    scale.dims.every((one, i) => one === (i === at ? Math.ceil(length / block) : x[i]));
  if (!isFitting) throw fail(`scales [${scale.dims}] do not fit blocks of ${block} of [${x}]`);
  const own = stridesOf(scale.dims);
  for (let i = 0; i < places.length; i++) {
    let place = 0;
    for (let k = 0; k < x.length; k++) {
      const index = Math.floor(i / (strides[k] ?? 1)) % (x[k] ?? 1);
      place += (k === at ? Math.floor(index / block) : index) * (own[k] ?? 1);
    }
    places[i] = place;
  }
  return places;
}

const limited = (value: number, [least, most]: readonly [bigint, bigint]): number =>
  Math.min(Number(most), Math.max(Number(least), value));

/** Rounds as the type does in which the division is done. */
function rounding(type: ElementType): (value: number) => number {
  if (type === 'float32') return Math.fround;
  const format = floatFormat(type);
  return format ? (value) => roundTo(format, value) : (value) => value;
}

/** Added and taken away, it rounds a float32 below 2^22 to the nearest integer, halves to the even one. */
const ROUNDER = 1.5 * 2 ** 23;

/** Integers of 8 bits by one scale, in the arithmetic of float32. What is no number becomes the zero point. */
function codesOf(
  values: NumberArray,
  scale: number,
  zero: number,
  type: 'uint8' | 'int8',
): Uint8Array | Int8Array {
  const out = type === 'uint8' ? new Uint8Array(values.length) : new Int8Array(values.length);
  const [least, most] = type === 'uint8' ? [-zero, 255 - zero] : [-128 - zero, 127 - zero];
  for (let i = 0; i < out.length; i++) {
    const divided = Math.fround((values[i] ?? 0) / scale);
    // Limited first: the limits are integers, and rounding keeps the order.
    const limited = Math.min(most, Math.max(least, divided));
    out[i] = Number.isNaN(limited) ? zero : Math.fround(limited + ROUNDER) - ROUNDER + zero;
  }
  return out;
}

interface QuantiseOptions {
  readonly axis?: number;
  readonly block_size?: number;
  readonly saturate?: boolean;
  readonly output_dtype?: ElementType | undefined;
  readonly precision?: ElementType | undefined;
}

function quantised(
  [x, scale, zero]: readonly [Tensor, Tensor, Tensor | undefined],
  options: QuantiseOptions,
  fail: Fail,
): Tensor {
  const type = zero?.type ?? options.output_dtype ?? 'uint8';
  if (zero && options.output_dtype && zero.type !== options.output_dtype)
    throw fail(`its zero point is ${zero.type}, and its output_dtype ${options.output_dtype}`);
  const places = scalePlaces(x.dims, scale, options.axis ?? 1, options.block_size ?? 0, fail);
  const [values, scales, zeros] = [doublesOf(x), doublesOf(scale), zero && doublesOf(zero)];
  if (!places && (type === 'uint8' || type === 'int8') && scale.type === 'float32' && !options.precision)
    return make(type, x.dims, codesOf(values, scales[0] ?? 1, zeros?.[0] ?? 0, type));
  const round = rounding(options.precision ?? scale.type);
  const range = integerRange(type);
  const format = floatFormat(type);
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const at = places ? (places[i] ?? 0) : 0;
    const divided = round((values[i] ?? 0) / (scales[at] ?? 1));
    const shift = zeros ? (zeros[at] ?? 0) : 0;
    // Not a number has no integer: it becomes the zero point, as 0 does.
    if (range) out[i] = limited((Number.isNaN(divided) ? 0 : roundEven(divided)) + shift, range);
    else out[i] = format ? roundTo(format, divided + shift, options.saturate ?? true) : divided + shift;
  }
  return fromNumbers(type, x.dims, out);
}
const Y = (options: QuantiseOptions, [, , zero]: readonly unknown[]) => ({
  Y: (zero as ElementType | undefined) ?? options.output_dtype ?? 'uint8',
});
const axis = int(1);
const block_size = checked(int(0), (size) => size >= 0, 'a size of 0 or more');
const saturate = flag(true);
const Q = 'Z:int|small|tiny?' as const;
export const QuantizeLinear: Versions = {
  10: op(`T:float|int32 float32 ${Q} -> Y`, {}, (inputs, _, call) => quantised(inputs, {}, call.fail), {
    types: Y,
  }),
  13: op(
    `T:float|int32 float32 ${Q} -> Y`,
    { axis },
    (inputs, options, call) => quantised(inputs, options, call.fail),
    { types: Y },
  ),
  19: op(
    `T:float|int32 S:float ${Q} -> Y`,
    { axis, saturate },
    (inputs, options, call) => quantised(inputs, options, call.fail),
    { types: Y },
  ),
  21: op(
    `T:float|int32 S:float ${Q} -> Y`,
    { axis, saturate, block_size, output_dtype: typeOrNone() },
    (inputs, options, call) => quantised(inputs, options, call.fail),
    { types: Y },
  ),
  23: op(
    `T:float|int32 S:float|float8e8m0 ${Q} -> Y`,
    { axis, saturate, block_size, output_dtype: typeOrNone(), precision: typeOrNone() },
    (inputs, options, call) => quantised(inputs, options, call.fail),
    { types: Y },
  ),
};

function dequantised(
  [x, scale, zero]: readonly [Tensor, Tensor, Tensor | undefined],
  options: QuantiseOptions,
  fail: Fail,
): Tensor {
  const places = scalePlaces(x.dims, scale, options.axis ?? 1, options.block_size ?? 0, fail);
  if (zero && zero.data.length !== scale.data.length) throw fail('its scale and zero point differ in shape');
  const [values, scales, zeros] = [doublesOf(x), doublesOf(scale), zero && doublesOf(zero)];
  if (!places && (options.output_dtype ?? scale.type) === 'float32') {
    const [factor, shift] = [scales[0] ?? 1, zeros?.[0] ?? 0];
    const numbers = new Float32Array(values.length);
    for (let i = 0; i < numbers.length; i++) numbers[i] = ((values[i] ?? 0) - shift) * factor;
    return floats(x.dims, numbers);
  }
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const at = places ? (places[i] ?? 0) : 0;
    out[i] = ((values[i] ?? 0) - (zeros ? (zeros[at] ?? 0) : 0)) * (scales[at] ?? 1);
  }
  return fromNumbers(options.output_dtype ?? scale.type, x.dims, out);
}
const D = (options: QuantiseOptions, [, scale]: readonly unknown[]) => ({
  Y: options.output_dtype ?? (scale as ElementType | undefined),
});
export const DequantizeLinear: Versions = {
  10: op('T:int|small|tiny float32 T? -> Y', {}, (inputs, _, call) => dequantised(inputs, {}, call.fail), {
    types: D,
  }),
  13: op(
    'T:int|small|tiny float32 T? -> Y',
    { axis },
    (inputs, options, call) => dequantised(inputs, options, call.fail),
    { types: D },
  ),
  19: op(
    'T:int|small|tiny S:float T? -> Y',
    { axis },
    (inputs, options, call) => dequantised(inputs, options, call.fail),
    { types: D },
  ),
  21: op(
    'T:int|small|tiny S:float T? -> Y',
    { axis, block_size },
    (inputs, options, call) => dequantised(inputs, options, call.fail),
    { types: D },
  ),
  23: op(
    'T:int|small|tiny S:float|float8e8m0 T? -> Y',
    { axis, block_size, output_dtype: typeOrNone() },
    (inputs, options, call) => dequantised(inputs, options, call.fail),
    { types: D },
  ),
};

export const DynamicQuantizeLinear: Versions = {
  11: op('float32 -> uint8 float32 uint8', {}, ([x]) => {
    const values = doublesOf(x);
    let [least, most] = [0, 0];
    // What is no number has no part in the range.
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? 0;
      if (value < least) least = value;
      else if (value > most) most = value;
    }
    const scale = Math.fround(Math.fround(most - least) / 255) || 1;
    const zero = Math.min(255, Math.max(0, roundEven(Math.fround(-least / scale))));
    return [
      make('uint8', x.dims, codesOf(values, scale, zero, 'uint8')),
      floats([], Float32Array.of(scale)),
      make('uint8', [], Uint8Array.of(zero)),
    ];
  }),
};

export const MatMulInteger: Versions = {
  10: op('A:int8|uint8 B:int8|uint8 A? B? -> int32', {}, ([a, b, aZero, bZero], _, call) => {
    const { dims, sums } = integerProduct(a, b, aZero, bZero, call.fail);
    return make('int32', dims, sums);
  }),
};

export const ConvInteger: Versions = {
  10: op('X:int8|uint8 W:int8|uint8 X? W? -> int32', CONVOLUTION, ([x, w, xZero, wZero], options, call) => {
    const { dims, sums } = integerConvolution(x, w, xZero, wZero, options, call.fail);
    return make('int32', dims, sums);
  }),
};

/** Integers of a product put onto the scale of the output. */
function rescaled(
  dims: readonly number[],
  sums: Int32Array | Float64Array,
  factor: (i: number) => number,
  scale: Tensor,
  zero: Tensor,
): Tensor {
  const [y, shift] = [Number(scale.data[0]), Number(zero.data[0])];
  const range = integerRange(zero.type);
  const format = floatFormat(zero.type);
  const out = Float64Array.from(sums, (sum, i) => {
    const value = Math.fround((sum * factor(i)) / y);
    if (range) return limited(roundEven(value) + shift, range);
    return format ? roundTo(format, value + shift, true) : value + shift;
  });
  return fromNumbers(zero.type, dims, out);
}

const byte = 'int8|uint8|float8e4m3fn|float8e4m3fnuz|float8e5m2|float8e5m2fnuz' as const;
export const QLinearMatMul: Versions = {
  10: op(
    `A:${byte} S:float A B:${byte} S B S Y:${byte} -> Y`,
    {},
    ([a, aScale, aZero, b, bScale, bZero, yScale, yZero], _, call) => {
      // Of 8-bit floats, sums are those of doubles.
      const { dims, sums } = floatFormat(a.type)
        ? doubleProduct(a, b, aZero, bZero, call.fail)
        : integerProduct(a, b, aZero, bZero, call.fail);
      const left = broadcastScales(aScale, ofRows(aScale), dims);
      const right = broadcastScales(bScale, bScale.dims, dims);
      return rescaled(dims, sums, (i) => left(i) * right(i), yScale, yZero);
    },
  ),
};

function broadcastScales(
  scale: Tensor,
  own: readonly number[],
  dims: readonly number[],
): (i: number) => number {
  const values = doublesOf(scale);
  if (values.length === 1) return () => values[0] ?? 1;
  const places = broadcastPlaces(own, dims);
  return (i) => values[places ? (places[i] ?? 0) : i] ?? 1;
}

export const QLinearConv: Versions = {
  10: op(
    'X:int8|uint8 float32 X W:int8|uint8 float32 W float32 Y:int8|uint8 int32? -> Y',
    CONVOLUTION,
    ([x, xScale, xZero, w, wScale, wZero, yScale, yZero, bias], options, call) => {
      const { dims, sums } = integerConvolution(x, w, xZero, wZero, options, call.fail);
      const outputs = dims[1] ?? 1;
      const inner = sizeOf(dims.slice(2));
      const [scales, shift] = [doublesOf(wScale), bias && doublesOf(bias)];
      const numbers = new Float32Array(sums.length);
      for (let from = 0, one = 0; from < sums.length; from += inner, one++) {
        const channel = one % outputs;
        const factor = Number(xScale.data[0]) * (scales[scales.length === 1 ? 0 : channel] ?? 1);
        const added = shift?.[channel] ?? 0;
        for (let i = from; i < from + inner; i++) numbers[i] = ((sums[i] ?? 0) + added) * factor;
      }
      return quantised([floats(dims, numbers), yScale, yZero], {}, call.fail);
    },
  ),
};
