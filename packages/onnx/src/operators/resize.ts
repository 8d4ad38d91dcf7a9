import type { OnnxError } from '../onnx-error.ts';
import { around, axesOf } from '../tensor/places.ts';
import {
  checkSize,
  doublesOf,
  fromNumbers,
  integersOf,
  isBig,
  isText,
  make,
  newData,
  sizeOf,
  type Tensor,
  take,
} from '../tensor/tensor.ts';
import { choice, flag, float, floatList, ints, required } from './attributes.ts';
import { type Given, op, type Versions } from './definition.ts';
import { type AxisResize, type Interpolation, type Taps, tapsOf } from './resize-axis.ts';

type Fail = (reason: string) => OnnxError;

/** Resizes axis by axis: each output is a sum over one axis at a time. */
function resized(
  x: Tensor,
  axes: readonly AxisResize[],
  how: Interpolation,
  extrapolation: number,
  fail: Fail,
): Tensor {
  const dims = axes.map(({ output }) => output);
  const size = checkSize(dims, 'float64');
  if (x.dims.includes(0) && size > 0) throw fail('it makes something of nothing');
  // Beside an axis without elements another may be longer than any memory.
  if (size === 0) return make(x.type, dims, newData(x.type, 0));
  const crops = axes.some(({ coordinates }) => coordinates === 'tf_crop_and_resize');
  const taps: (Taps | undefined)[] = axes.map((axis) =>
    axis.input === axis.output && axis.scale === 1 && axis.coordinates !== 'tf_crop_and_resize'
      ? undefined
      : tapsOf(axis, how),
  );
  if (how.mode === 'nearest' && !crops) return nearest(x, dims, taps);
  if (isBig(x.data) || isText(x.data)) throw fail(`${x.type} is not interpolated`);
  let data: ArrayLike<number> = doublesOf(x);
  let shape = x.dims;
  for (const [axis, own] of taps.entries()) {
    if (!own) continue;
    const [before, length, inner] = around(shape, axis);
    const output = dims[axis] ?? 0;
    const out = new Float64Array(checkSize([before, output, inner], 'float64'));
    for (let outer = 0; outer < before; outer++)
      for (let index = 0; index < output; index++) {
        const to = (outer * output + index) * inner;
        for (let tap = index * own.count; tap < (index + 1) * own.count; tap++) {
          const weight = own.weights[tap] ?? 0;
          if (weight === 0) continue;
          const from = (outer * length + (own.places[tap] ?? 0)) * inner;
          for (let i = 0; i < inner; i++) out[to + i] = (out[to + i] ?? 0) + weight * (data[from + i] ?? 0);
        }
      }
    data = out;
    shape = shape.map((one, i) => (i === axis ? output : one));
  }
  const out = Float64Array.from(data);
  if (crops)
    for (const [axis, own] of taps.entries()) {
      const [, length, inner] = around(dims, axis);
      for (let i = 0; i < out.length; i++)
        if (own?.isOutside[Math.floor(i / inner) % length]) out[i] = extrapolation;
    }
  return fromNumbers(x.type, dims, out);
}

/** Elements as they are, of any type. */
function nearest(x: Tensor, dims: readonly number[], taps: readonly (Taps | undefined)[]): Tensor {
  let places = new Int32Array([0]);
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const inner = sizeOf(x.dims.slice(axis + 1));
    const length = dims[axis] ?? 0;
    const next = new Int32Array(length * places.length);
    for (let i = 0; i < length; i++) {
      const from = (taps[axis]?.places[i] ?? i) * inner;
      for (let j = 0; j < places.length; j++) next[i * places.length + j] = from + (places[j] ?? 0);
    }
    places = next;
  }
  return take(x, dims, places);
}

const simple: Interpolation = {
  mode: 'nearest',
  nearest: 'floor',
  cubic: -0.75,
  excludesOutside: false,
  antialias: false,
};

/** Before operator set 11: factors alone, and places that begin at the corner. */
function upsampled(x: Tensor, scales: readonly number[], mode: 'nearest' | 'linear', fail: Fail): Tensor {
  if (scales.length !== x.dims.length || scales.some((scale) => !(scale > 0)))
    throw fail(`scales [${scales}] do not fit [${x.dims}]`);
  const axes = x.dims.map((input, axis): AxisResize => {
    const scale = scales[axis] ?? 1;
    return { input, output: Math.floor(input * scale), scale, coordinates: 'asymmetric', start: 0, end: 1 };
  });
  return resized(x, axes, { ...simple, mode }, 0, fail);
}
const old = { mode: choice('nearest', 'linear') };
/** Of 64-bit integers and texts there are no weighted sums. */
const uninterpolated = (
  { mode }: { readonly mode: string },
  _count: number,
  { types: [type] }: Given,
): string | undefined =>
  mode !== 'nearest' && (type === 'int64' || type === 'uint64' || type === 'string')
    ? `${type} is not interpolated (mode ${mode})`
    : undefined;
const unsized = (options: { readonly mode: string }, count: number, given: Given): string | undefined =>
  given.hasInput(2) || given.hasInput(3)
    ? uninterpolated(options, count, given)
    : 'it has neither scales nor sizes';
export const Upsample: Versions = {
  1: op(
    'T:any -> T',
    { mode: choice('nearest', 'bilinear'), height_scale: required(float()), width_scale: required(float()) },
    ([x], { mode, height_scale: height, width_scale: width }, call) =>
      upsampled(x, [1, 1, height, width], mode === 'nearest' ? 'nearest' : 'linear', call.fail),
  ),
  7: op('T:any -> T', { ...old, scales: required(floatList()) }, ([x], { mode, scales }, call) =>
    upsampled(x, scales, mode, call.fail),
  ),
  9: op('T:any float32 -> T', old, ([x, scales], { mode }, call) =>
    upsampled(x, [...doublesOf(scales)], mode, call.fail),
  ),
  10: undefined,
};

interface ResizeOptions {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  readonly coordinate_transformation_mode: AxisResize['coordinates'];
  readonly nearest_mode: Interpolation['nearest'];
  readonly cubic_coeff_a: number;
  readonly exclude_outside: boolean;
  readonly extrapolation_value: number;
  readonly antialias?: boolean;
  readonly axes?: readonly number[] | undefined;
  readonly keep_aspect_ratio_policy?: 'stretch' | 'not_larger' | 'not_smaller';
}

function resize(
  [x, roi, scales, sizes]: readonly [Tensor, Tensor | undefined, Tensor | undefined, Tensor | undefined],
  options: ResizeOptions,
  fail: Fail,
): Tensor {
  const rank = x.dims.length;
  const named = options.axes ? axesOf(options.axes, rank, fail) : x.dims.map((_, axis) => axis);
  const factors = scales && scales.data.length > 0 ? [...doublesOf(scales)] : undefined;
  const lengths = sizes && sizes.data.length > 0 ? integersOf(sizes) : undefined;
  if ((factors === undefined) === (lengths === undefined)) throw fail('it takes either scales or sizes');
  if ((factors ?? lengths ?? []).length !== named.length || factors?.some((scale) => !(scale > 0)))
    throw fail('it says how large some of its axes become, and others not');
  const corners = roi && roi.data.length > 0 ? [...doublesOf(roi)] : [];
  const isCropping = options.coordinate_transformation_mode === 'tf_crop_and_resize';
  if (isCropping && corners.length !== named.length * 2) throw fail('its roi does not fit its axes');
  const policy = options.keep_aspect_ratio_policy ?? 'stretch';
  const ratios = lengths?.map((length, at) => length / (x.dims[named[at] ?? 0] ?? 1));
  const common =
    ratios && policy !== 'stretch'
      ? policy === 'not_larger'
        ? Math.min(...ratios)
        : Math.max(...ratios)
      : undefined;
  const axes = x.dims.map((input, axis): AxisResize => {
    const at = named.indexOf(axis);
    const { coordinate_transformation_mode: coordinates } = options;
    if (at < 0)
      return {
        input,
        output: input,
        scale: 1,
        coordinates: isCropping ? 'half_pixel' : coordinates,
        start: 0,
        end: 1,
      };
    const [start = 0, end = 1] = isCropping ? [corners[at], corners[at + named.length]] : [];
    if (factors) {
      const scale = factors[at] ?? 1;
      // A float32 factor such as 0.6 times 10 is a little less than 6, and is not meant so.
      return {
        input,
        output: Math.floor(Math.fround(input * (end - start) * scale)),
        scale,
        coordinates,
        start,
        end,
      };
    }
    const output = common === undefined ? (lengths?.[at] ?? 0) : Math.floor(common * input + 0.5);
    return { input, output, scale: common ?? output / input, coordinates, start, end };
  });
  const how: Interpolation = {
    mode: options.mode,
    nearest: options.nearest_mode,
    cubic: options.cubic_coeff_a,
    excludesOutside: options.exclude_outside,
    antialias: options.antialias ?? false,
  };
  return resized(x, axes, how, options.extrapolation_value, fail);
}
const common = {
  mode: choice('nearest', 'linear', 'cubic'),
  nearest_mode: choice('round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'),
  cubic_coeff_a: float(-0.75),
  exclude_outside: flag(false),
  extrapolation_value: float(0),
};
const since18 = {
  ...common,
  antialias: flag(false),
  axes: ints(),
  keep_aspect_ratio_policy: choice('stretch', 'not_larger', 'not_smaller'),
};
const [half, ...others] = [
  'half_pixel',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_crop_and_resize',
] as const;
export const Resize: Versions = {
  10: op(
    'T:any float32 -> T',
    old,
    ([x, scales], { mode }, call) => upsampled(x, [...doublesOf(scales)], mode, call.fail),
    { refuse: uninterpolated },
  ),
  11: op(
    'T:any U:float? float32? int64? -> T',
    { ...common, coordinate_transformation_mode: choice(half, ...others, 'tf_half_pixel_for_nn') },
    (inputs, options, call) => resize(inputs, options, call.fail),
    { refuse: unsized },
  ),
  13: op(
    'T:any U:float? float32? int64? -> T',
    { ...common, coordinate_transformation_mode: choice(half, ...others) },
    (inputs, options, call) => resize(inputs, options, call.fail),
    { refuse: unsized },
  ),
  18: op(
    'T:any U:float? float32? int64? -> T',
    { ...since18, coordinate_transformation_mode: choice(half, ...others) },
    (inputs, options, call) => resize(inputs, options, call.fail),
    { refuse: unsized },
  ),
  19: op(
    'T:any U:float? float32? int64? -> T',
    { ...since18, coordinate_transformation_mode: choice(half, 'half_pixel_symmetric', ...others) },
    (inputs, options, call) => resize(inputs, options, call.fail),
    { refuse: unsized },
  ),
};
