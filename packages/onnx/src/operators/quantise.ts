import { type ElementType, elementTypeOf, floatFormat, integerRange } from '../format/element-types.ts';
import { roundTo } from '../format/float-formats.ts';
import type { OnnxError } from '../onnx-error.ts';
import { broadcastPlaces, stridesOf } from '../tensor/places.ts';
import { roundEven } from '../tensor/special-functions.ts';
import { doublesOf, floats, fromNumbers, make, sizeOf, type Tensor, wideOf } from '../tensor/tensor.ts';
import { checked, flag, int, type Spec } from './attributes.ts';
import { CONVOLUTION, convolved } from './convolution.ts';
import { op, type Versions } from './definition.ts';
import { matricesOf, product } from './matrix.ts';

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
    for (const value of values) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    const scale = Math.fround(Math.fround(most - least) / 255) || 1;
    const zero = Math.min(255, Math.max(0, roundEven(Math.fround(-least / scale))));
    const out = Uint8Array.from(values, (value) =>
      Math.min(255, Math.max(0, roundEven(Math.fround(value / scale)) + zero)),
    );
    return [
      make('uint8', x.dims, out),
      floats([], Float32Array.of(scale)),
      make('uint8', [], Uint8Array.of(zero)),
    ];
  }),
};

/** Elements less their zero point: one for all, or one for each row (axis -2 of a left matrix) or column or output. */
function shifted(x: Tensor, zero: Tensor | undefined, dims: readonly number[]): Float64Array {
  const values = wideOf(x);
  if (!zero) return values;
  const zeros = doublesOf(zero);
  const places = zero.data.length === 1 ? undefined : broadcastPlaces(dims, x.dims);
  return Float64Array.from(
    values,
    (value, i) => value - (zeros[zero.data.length === 1 ? 0 : places ? (places[i] ?? 0) : i] ?? 0),
  );
}

/** The shape by which the zero points or scales of a left matrix stand for its rows, those of a right one for its columns. */
const ofRows = (zero: Tensor): readonly number[] => (zero.dims.length === 1 ? [...zero.dims, 1] : zero.dims);

function integerProduct(
  a: Tensor,
  b: Tensor,
  aZero: Tensor | undefined,
  bZero: Tensor | undefined,
  fail: Fail,
): { dims: readonly number[]; sums: Float64Array } {
  const matrices = matricesOf(a.dims, b.dims);
  if (typeof matrices === 'string') throw fail(matrices);
  const sums = new Float64Array(sizeOf(matrices.dims));
  product(
    shifted(a, aZero, aZero ? ofRows(aZero) : []),
    shifted(b, bZero, bZero?.dims ?? []),
    sums,
    matrices,
  );
  return { dims: matrices.dims, sums };
}
export const MatMulInteger: Versions = {
  10: op('A:int8|uint8 B:int8|uint8 A? B? -> int32', {}, ([a, b, aZero, bZero], _, call) => {
    const { dims, sums } = integerProduct(a, b, aZero, bZero, call.fail);
    return fromNumbers('int32', dims, sums);
  }),
};

/** Scales and zero points of a weight's outputs. */
const ofOutputs = (one: Tensor, rank: number): readonly number[] =>
  one.data.length === 1 ? [] : [one.data.length, ...new Array<number>(rank - 1).fill(1)];

export const ConvInteger: Versions = {
  10: op('X:int8|uint8 W:int8|uint8 X? W? -> int32', CONVOLUTION, ([x, w, xZero, wZero], options, call) => {
    const { dims, sums } = convolved(
      { dims: x.dims, data: shifted(x, xZero, []) },
      { dims: w.dims, data: shifted(w, wZero, wZero ? ofOutputs(wZero, w.dims.length) : []) },
      options,
      call.fail,
    );
    return fromNumbers('int32', dims, sums);
  }),
};

/** Integers of a product put onto the scale of the output. */
function rescaled(
  dims: readonly number[],
  sums: Float64Array,
  factor: (i: number) => number,
  scale: Tensor,
  zero: Tensor,
): Tensor {
  const [y, shift] = [Number(scale.data[0]), Number(zero.data[0])];
  const range = integerRange(zero.type);
  const format = floatFormat(zero.type);
  const out = sums.map((sum, i) => {
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
      const { dims, sums } = integerProduct(a, b, aZero, bZero, call.fail);
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
      const { dims, sums } = convolved(
        { dims: x.dims, data: shifted(x, xZero, []) },
        { dims: w.dims, data: shifted(w, wZero, ofOutputs(wZero, w.dims.length)) },
        options,
        call.fail,
      );
      const outputs = dims[1] ?? 1;
      const inner = sizeOf(dims.slice(2));
      const channel = (i: number): number => Math.floor(i / inner) % outputs;
      const shift = bias && doublesOf(bias);
      if (shift) for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + (shift[channel(i)] ?? 0);
      const scales = doublesOf(wScale);
      const factor = Number(xScale.data[0]);
      return rescaled(
        dims,
        sums,
        (i) => factor * (scales[scales.length === 1 ? 0 : channel(i)] ?? 1),
        yScale,
        yZero,
      );
    },
  ),
};
