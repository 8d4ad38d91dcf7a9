import { type Tensor as CoreTensor, conv1d, conv2d, inPanels } from '@trestle/core';
import type { OnnxError } from '../onnx-error.ts';
import { checkSize, doublesOf, fromNumbers, sizeOf, type Tensor, wideOf } from '../tensor/tensor.ts';
import { type Geometry, geometryOf, type Sliding, windowPlaces } from '../tensor/windows.ts';
import { choice, int, ints } from './attributes.ts';
import { fromChannelsLast, toChannelsLast } from './channels.ts';
import { type Call, op, type Versions } from './definition.ts';

type Fail = (reason: string) => OnnxError;

export const SLIDING = {
  auto_pad: choice('NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'),
  strides: ints(),
  pads: ints(),
  dilations: ints(),
};
export const CONVOLUTION = { ...SLIDING, group: int(1), kernel_shape: ints() };

export interface ConvolutionOptions extends Sliding {
  readonly group: number;
  readonly kernel_shape: readonly number[] | undefined;
}

/** How a convolution slides. @throws the error that `fail` makes where its sides do not fit */
export function fitting(
  x: readonly number[],
  w: readonly number[],
  options: ConvolutionOptions,
  fail: Fail,
): Geometry {
  const { group, kernel_shape: kernel } = options;
  const channels = x[1] ?? 0;
  const isFitting =
    x.length >= 3 &&
    w.length === x.length &&
    group >= 1 &&
    (w[1] ?? 0) * group === channels &&
    (w[0] ?? 0) % group === 0;
  if (!isFitting) throw fail(`an input [${x}] does not fit a weight [${w}] in ${group} groups`);
  if (kernel && kernel.join() !== w.slice(2).join())
    throw fail(`kernel_shape [${kernel}] is not that of the weight [${w}]`);
  return geometryOf(x.slice(2), w.slice(2), options, false, fail);
}

/** The sums of a convolution in doubles, [n, outputs, ...positions]; `zero` is what the padding holds. */
export function convolved(
  x: { readonly dims: readonly number[]; readonly data: Float64Array },
  w: { readonly dims: readonly number[]; readonly data: Float64Array },
  options: ConvolutionOptions,
  fail: Fail,
): { readonly dims: readonly number[]; readonly sums: Float64Array } {
  const geometry = fitting(x.dims, w.dims, options, fail);
  const [n = 0, channels = 0] = x.dims;
  const [outputs = 0, perGroup = 0] = w.dims;
  const dims = [n, outputs, ...geometry.output];
  const sums = new Float64Array(checkSize(dims, 'float64'));
  const places = windowPlaces(geometry);
  const [positions, taps, size] = [
    sizeOf(geometry.output),
    sizeOf(geometry.kernel),
    sizeOf(geometry.lengths),
  ];
  const perOutput = outputs / options.group;
  for (let batch = 0; batch < n; batch++) {
    for (let output = 0; output < outputs; output++) {
      const to = (batch * outputs + output) * positions;
      const first = Math.floor(output / perOutput) * perGroup;
      for (let channel = 0; channel < perGroup; channel++) {
        const from = (batch * channels + first + channel) * size;
        const weight = (output * perGroup + channel) * taps;
        for (let position = 0; position < positions; position++) {
          let sum = 0;
          for (let tap = 0, at = position * taps; tap < taps; tap++, at++) {
            const place = places[at] ?? -1;
            if (place >= 0) sum += (x.data[from + place] ?? 0) * (w.data[weight + tap] ?? 0);
          }
          sums[to + position] = (sums[to + position] ?? 0) + sum;
        }
      }
    }
  }
  return { dims, sums };
}

function addBias(sums: Float64Array, dims: readonly number[], bias: Tensor | undefined, fail: Fail): void {
  if (!bias) return;
  const outputs = dims[1] ?? 0;
  if (bias.data.length !== outputs)
    throw fail(`a bias of ${bias.data.length} does not fit ${outputs} outputs`);
  const values = doublesOf(bias);
  const positions = sizeOf(dims.slice(2));
  for (let i = 0; i < sums.length; i++)
    sums[i] = (sums[i] ?? 0) + (values[Math.floor(i / positions) % outputs] ?? 0);
}

/** [outputs, inputs, ...sizes] as [...sizes, inputs, outputs]. */
const channelsOut = (rank: number): number[] => [...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1, 0];

function packedWeight(w: CoreTensor, group: number): CoreTensor {
  const weight = w.transpose(channelsOut(w.rank));
  const outputs = w.shape[0] ?? 1;
  // Groups are products of their own; channels that are alone are no product.
  if (group !== 1) return weight;
  return inPanels(weight.reshape([w.size / outputs, outputs])).reshape(weight.shape);
}

function onCore(
  [x, w, bias]: readonly (CoreTensor | undefined)[],
  options: ConvolutionOptions,
  { packed, fail }: Call,
): CoreTensor | undefined {
  if (!x || !w || (x.rank !== 3 && x.rank !== 4)) return undefined;
  const { strides, dilations, before, behind } = fitting(x.shape, w.shape, options, fail);
  if (before.some((pad) => pad < 0) || behind.some((pad) => pad < 0)) return undefined;
  const padding = before.map((pad, axis) => [pad, behind[axis] ?? 0] as const);
  const weight = packed(1) ?? w.transpose(channelsOut(x.rank));
  const convolve = x.rank === 3 ? conv1d : conv2d;
  const settings = { stride: strides, dilation: dilations, padding, groups: options.group };
  const found = convolve(toChannelsLast(x), weight, settings);
  return fromChannelsLast(bias ? found.add(bias) : found);
}

export const Conv: Versions = {
  1: op(
    'T:float T T? -> T',
    CONVOLUTION,
    ([x, w, bias], options, call) => {
      const { dims, sums } = convolved(
        { dims: x.dims, data: wideOf(x) },
        { dims: w.dims, data: wideOf(w) },
        options,
        call.fail,
      );
      addBias(sums, dims, bias, call.fail);
      return fromNumbers(x.type, dims, sums);
    },
    {
      core: {
        work: ([x = [], w = []], { strides }) =>
          (sizeOf(x) * sizeOf(w.slice(2)) * (w[0] ?? 1)) / (strides ?? []).reduce((a, b) => a * b, 1),
        pack: (index, weight, [x = []], { group }) =>
          index === 1 && (x.length === 3 || x.length === 4) ? packedWeight(weight, group) : undefined,
        run: (inputs, options, call) => onCore(inputs, options, call),
      },
    },
  ),
};

interface TransposedOptions extends ConvolutionOptions {
  readonly output_padding: readonly number[] | undefined;
  readonly output_shape: readonly number[] | undefined;
}

/** The geometry of the convolution whose gradient this is: from the output to the input. */
function transposedGeometry(
  x: readonly number[],
  w: readonly number[],
  options: TransposedOptions,
  fail: Fail,
): Geometry {
  const spatial = x.slice(2);
  const kernel = w.slice(2);
  const rank = spatial.length;
  if (x.length < 3 || w.length !== x.length || w[0] !== x[1] || (x[1] ?? 0) % options.group !== 0)
    throw fail(`an input [${x}] does not fit a weight [${w}] in ${options.group} groups`);
  if (options.kernel_shape && options.kernel_shape.join() !== kernel.join())
    throw fail(`kernel_shape [${options.kernel_shape}] is not that of the weight [${w}]`);
  const strides = options.strides ?? spatial.map(() => 1);
  const dilations = options.dilations ?? spatial.map(() => 1);
  const extra = options.output_padding ?? spatial.map(() => 0);
  const isRight = (list: readonly number[], least: number): boolean =>
    list.length === rank && list.every((value) => Number.isSafeInteger(value) && value >= least);
  if (!isRight(strides, 1) || !isRight(dilations, 1) || !isRight(extra, 0))
    throw fail(
      `strides [${strides}], dilations [${dilations}] and output_padding [${extra}] do not fit ${rank} spatial axes`,
    );
  const before: number[] = [];
  const behind: number[] = [];
  const isSame = options.auto_pad === 'SAME_UPPER' || options.auto_pad === 'SAME_LOWER';
  const output = spatial.map((length, axis) => {
    const stride = strides[axis] ?? 1;
    const full =
      stride * (length - 1) + (extra[axis] ?? 0) + ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const wanted = options.output_shape?.slice(-rank)[axis] ?? (isSame ? length * stride : undefined);
    if (wanted !== undefined) {
      const total = full - wanted;
      const half = Math.floor(total / 2);
      before[axis] = options.auto_pad === 'SAME_UPPER' ? half : total - half;
      behind[axis] = total - (before[axis] ?? 0);
      return wanted;
    }
    before[axis] = options.auto_pad === 'VALID' ? 0 : (options.pads?.[axis] ?? 0);
    behind[axis] = options.auto_pad === 'VALID' ? 0 : (options.pads?.[axis + rank] ?? 0);
    return full - (before[axis] ?? 0) - (behind[axis] ?? 0);
  });
  return { lengths: output, kernel, strides, dilations, before, behind, output: spatial };
}

export const ConvTranspose: Versions = {
  1: op(
    'T:float T T? -> T',
    { ...CONVOLUTION, output_padding: ints(), output_shape: ints() },
    ([x, w, bias], options, call) => {
      const geometry = transposedGeometry(x.dims, w.dims, options, call.fail);
      const [n = 0, channels = 0] = x.dims;
      const perGroup = w.dims[1] ?? 0;
      const outputs = perGroup * options.group;
      const dims = [n, outputs, ...geometry.lengths];
      const sums = new Float64Array(checkSize(dims, 'float64'));
      const places = windowPlaces(geometry);
      const [positions, taps, size] = [
        sizeOf(geometry.output),
        sizeOf(geometry.kernel),
        sizeOf(geometry.lengths),
      ];
      const [values, weights] = [wideOf(x), wideOf(w)];
      const inGroup = channels / options.group;
      for (let batch = 0; batch < n; batch++)
        for (let channel = 0; channel < channels; channel++)
          for (let one = 0; one < perGroup; one++) {
            const to = (batch * outputs + Math.floor(channel / inGroup) * perGroup + one) * size;
            const from = (batch * channels + channel) * positions;
            const weight = (channel * perGroup + one) * taps;
            for (let position = 0; position < positions; position++) {
              const value = values[from + position] ?? 0;
              for (let tap = 0, at = position * taps; tap < taps; tap++, at++) {
                const place = places[at] ?? -1;
                if (place >= 0)
                  sums[to + place] = (sums[to + place] ?? 0) + value * (weights[weight + tap] ?? 0);
              }
            }
          }
      addBias(sums, dims, bias, call.fail);
      return fromNumbers(x.type, dims, sums);
    },
  ),
};

/** Columns of patches put back into images: what overlaps is added. */
export const Col2Im: Versions = {
  18: op(
    'T:number int64 int64 -> T',
    { dilations: ints(), pads: ints(), strides: ints() },
    ([x, imageShape, blockShape], options, call) => {
      const lengths = Array.from(imageShape.data, Number);
      const kernel = Array.from(blockShape.data, Number);
      const geometry = geometryOf(lengths, kernel, { auto_pad: 'NOTSET', ...options }, false, call.fail);
      const [positions, taps, size] = [sizeOf(geometry.output), sizeOf(kernel), sizeOf(lengths)];
      const [n = 0, depth = 0, columns = 0] = x.dims;
      const channels = depth / taps;
      if (x.dims.length !== 3 || columns !== positions || !Number.isInteger(channels))
        throw call.fail(`[${x.dims}] are no columns of patches of [${kernel}] in [${lengths}]`);
      const dims = [n, channels, ...lengths];
      const out = new Float64Array(checkSize(dims, 'float64'));
      const places = windowPlaces(geometry);
      const values = doublesOf(x);
      for (let plane = 0; plane < n * channels; plane++)
        for (let tap = 0; tap < taps; tap++)
          for (let position = 0; position < positions; position++) {
            const place = places[position * taps + tap] ?? -1;
            if (place >= 0)
              out[plane * size + place] =
                (out[plane * size + place] ?? 0) + (values[(plane * taps + tap) * positions + position] ?? 0);
          }
      return fromNumbers(x.type, dims, out);
    },
  ),
};
