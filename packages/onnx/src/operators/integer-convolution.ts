import { multiplyIntegers, packColumns } from '../integer/product.ts';
import type { OnnxError } from '../onnx-error.ts';
import { checkSize, sizeOf, type Tensor } from '../tensor/tensor.ts';
import { windowPlaces } from '../tensor/windows.ts';
import { type ConvolutionOptions, fitting } from './convolution.ts';
import { shorts } from './integer-product.ts';

/** Zero points of a weight's outputs. */
const ofOutputs = (one: Tensor, rank: number): readonly number[] =>
  one.data.length === 1 ? [] : [one.data.length, ...new Array<number>(rank - 1).fill(1)];

/**
 * The sums of a convolution of 8-bit integers less their zero points, in 32 bits that wrap, [n, outputs, ...positions]: for each group
 * a product of its weights with what they see at each position. The padding holds the zero point.
 *
 * @throws the error that `fail` makes where the sides do not fit
 */
export function integerConvolution(
  x: Tensor,
  w: Tensor,
  xZero: Tensor | undefined,
  wZero: Tensor | undefined,
  options: ConvolutionOptions,
  fail: (reason: string) => OnnxError,
): { readonly dims: readonly number[]; readonly sums: Int32Array } {
  const geometry = fitting(x.dims, w.dims, options, fail);
  const [n = 0, channels = 0] = x.dims;
  const [outputs = 0, perGroup = 0] = w.dims;
  const dims = [n, outputs, ...geometry.output];
  const sums = new Int32Array(checkSize(dims, 'int32'));
  const places = windowPlaces(geometry);
  const [positions, taps, size] = [
    sizeOf(geometry.output),
    sizeOf(geometry.kernel),
    sizeOf(geometry.lengths),
  ];
  const depth = perGroup * taps;
  const perOutput = outputs / options.group;
  const values = shorts(x, xZero, []);
  const weights = shorts(w, wZero, wZero ? ofOutputs(wZero, w.dims.length) : []);
  for (let batch = 0; batch < n; batch++)
    for (let group = 0; group < options.group; group++) {
      const from = (batch * channels + group * perGroup) * size;
      const seen = packColumns(depth, positions, (at, position) => {
        const place = places[position * taps + (at % taps)] ?? -1;
        return place < 0 ? 0 : (values[from + Math.floor(at / taps) * size + place] ?? 0);
      });
      const first = group * perOutput;
      const own = weights.subarray(first * depth, (first + perOutput) * depth);
      multiplyIntegers(own, perOutput, seen, sums, (batch * outputs + first) * positions);
    }
  return { dims, sums };
}
