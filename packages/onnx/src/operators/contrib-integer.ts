import { transposed } from '../tensor/places.ts';
import {
  doublesOf,
  floats,
  fromNumbers,
  make,
  type NumberArray,
  sizeOf,
  type Tensor,
} from '../tensor/tensor.ts';
import { flag, float, int, required } from './attributes.ts';
import { ran } from './contrib.ts';
import { Attention } from './contrib-attention.ts';
import { type Call, op, type Versions } from './definition.ts';
import {
  DequantizeLinear as Dequantize,
  DynamicQuantizeLinear,
  MatMulInteger,
  QuantizeLinear as Quantize,
} from './quantise.ts';

/*
 * Products of com.microsoft on 8-bit integers (docs/ContribOperators.md of ONNX Runtime): sums are those of the integers, exact, and
 * are brought to numbers once.
 */

/** Scales, or what is added, by column: one for all, or one for each place of the last axis. */
function lineOf(x: Tensor, columns: number, call: Call): NumberArray {
  const values = doublesOf(x);
  if (values.length === 1) return new Float32Array(columns).fill(values[0] ?? 0);
  if (x.dims.at(-1) !== columns || values.length !== columns)
    throw call.fail(`[${x.dims}] is not one number, nor one for each of ${columns} columns`);
  return values;
}

/** The sums of products, of which each is multiplied by the scales of its sides. */
function scaledProduct(
  [a, b, aScale, bScale, aZero, bZero]: readonly [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor | undefined,
    Tensor | undefined,
  ],
  added: Tensor | undefined,
  call: Call,
): Tensor {
  const [sums] = ran(MatMulInteger[10], [a, b, aZero, bZero], {}, call);
  if (!sums) throw call.fail('it has no sums');
  const columns = sums.dims.at(-1) ?? 1;
  const factors = lineOf(bScale, columns, call);
  const shifts = added ? lineOf(added, columns, call) : new Float32Array(columns);
  if (aScale.data.length !== 1) throw call.fail(`a scale [${aScale.dims}] of its left side is not honoured`);
  const left = Number(aScale.data[0]);
  const values = doublesOf(sums);
  const out = aScale.type === 'float32' ? new Float32Array(values.length) : new Float64Array(values.length);
  for (let from = 0; from < out.length; from += columns)
    for (let column = 0; column < columns; column++)
      out[from + column] =
        (values[from + column] ?? 0) * left * (factors[column] ?? 0) + (shifts[column] ?? 0);
  return out instanceof Float32Array ? floats(sums.dims, out) : fromNumbers(aScale.type, sums.dims, out);
}

export const MatMulIntegerToFloat: Versions = {
  1: op(
    'A:int8|uint8 B:int8|uint8 T:float32|float16 T A? B? T? -> T',
    {},
    ([a, b, aScale, bScale, aZero, bZero, bias], _, call) =>
      scaledProduct([a, b, aScale, bScale, aZero, bZero], bias, call),
  ),
};

/** The left side is brought to integers by its own least and most. */
export const DynamicQuantizeMatMul: Versions = {
  1: op('float32 B:int8|uint8 float32 B? float32? -> float32', {}, ([a, b, bScale, bZero, bias], _, call) => {
    const [codes, scale, zero] = ran(DynamicQuantizeLinear[11], [a], {}, call);
    if (!codes || !scale) throw call.fail('it has no integers');
    return scaledProduct([codes, b, scale, bScale, zero, bZero], bias, call);
  }),
};

export const QGemm: Versions = {
  1: op(
    'A:int8|uint8 T:float32 A B:int8|uint8 T B int32? T? Z:int8|uint8? -> Y',
    { alpha: float(1), transA: flag(false), transB: flag(false) },
    ([a, aScale, aZero, b, bScale, bZero, c, yScale, yZero], { alpha, transA, transB }, call) => {
      const turned = (x: Tensor, isTurned: boolean): Tensor => (isTurned ? transposed(x, [1, 0]) : x);
      if (a.dims.length !== 2 || b.dims.length !== 2)
        throw call.fail(`[${a.dims}] and [${b.dims}] are no matrices`);
      const sides = [turned(a, transA), turned(b, transB), aZero, bZero] as const;
      const [sums] = ran(MatMulInteger[10], sides, {}, call);
      if (!sums) throw call.fail('it has no sums');
      const [rows = 1, columns = 1] = sums.dims;
      const [list, factors] = [c && doublesOf(c), lineOf(bScale, columns, call)];
      const [tall = 1, wide = 1] = c ? [c.dims.at(-2) ?? 1, c.dims.at(-1) ?? 1] : [];
      if (c && ((tall !== 1 && tall !== rows) || (wide !== 1 && wide !== columns) || c.dims.length > 2))
        throw call.fail(`[${c.dims}] does not fit [${sums.dims}]`);
      const shift = (at: number): number =>
        list?.[(tall === 1 ? 0 : Math.floor(at / columns)) * wide + (wide === 1 ? 0 : at % columns)] ?? 0;
      const left = alpha * Number(aScale.data[0]);
      const values = Float64Array.from(
        doublesOf(sums),
        (sum, at) => (sum + shift(at)) * left * (factors[at % columns] ?? 0),
      );
      const numbers = fromNumbers('float32', sums.dims, values);
      return yScale ? ran(Quantize[10], [numbers, yScale, yZero], {}, call) : numbers;
    },
    {
      types: (_, inputs) => ({ Y: inputs[7] === undefined ? 'float32' : (inputs[8] ?? 'uint8') }),
      refuse: (_, _count, { hasInput }) =>
        hasInput(8) && !hasInput(7) ? 'it has a zero of its output, and no scale' : undefined,
    },
  ),
};

/** Attention of integers: the product that makes queries, keys and values is one of integers, the rest one of numbers. */
export const QAttention: Versions = {
  1: op(
    'A:int8|uint8 B:int8|uint8 float32 float32 float32 int32? A? B? float32? -> float32 float32',
    {
      num_heads: required(int()),
      unidirectional: flag(false),
      scale: float(0),
      mask_filter_value: float(-10_000),
      do_rotary: flag(false),
      past_present_share_buffer: flag(false),
    },
    ([x, weight, bias, xScale, wScale, mask, xZero, wZero, past], options, call) => {
      const all = scaledProduct([x, weight, xScale, wScale, xZero, wZero], bias, call);
      const width = weight.dims[1] ?? 0;
      // What is multiplied already goes through a matrix that changes nothing.
      const same = new Float32Array(sizeOf([width, width]));
      for (let at = 0; at < width; at++) same[at * width + at] = 1;
      const own = { ...options, do_rotary: 0, past_present_share_buffer: 0, rotary_embedding_dim: 0 };
      return ran(
        Attention[1],
        [all, make('float32', [width, width], same), undefined, mask, past],
        { ...own, qkv_hidden_sizes: undefined },
        call,
      );
    },
    {
      refuse: ({ do_rotary: isTurning, past_present_share_buffer: isShared }) =>
        isTurning || isShared
          ? `its attribute ${isTurning ? 'do_rotary' : 'past_present_share_buffer'} is 1, and only 0 is honoured`
          : undefined,
    },
  ),
};

const axis = int(1);
/** As those of ai.onnx, in models of operator sets that do not have all their types. */
export const QuantizeLinear: Versions = {
  1: op(
    'T:float32|float16 T Z:int8|uint8|int16|uint16|int4|uint4? -> Y',
    { axis },
    (inputs, options, call) => ran(Quantize[13], inputs, options, call),
    { types: (_, [, , zero]) => ({ Y: zero ?? 'uint8' }) },
  ),
};
export const DequantizeLinear: Versions = {
  1: op(
    'Z:int8|uint8|int16|uint16|int32|int4|uint4 T:float32|float16 Z? -> T',
    { axis },
    (inputs, options, call) => ran(Dequantize[13], inputs, options, call),
  ),
};
