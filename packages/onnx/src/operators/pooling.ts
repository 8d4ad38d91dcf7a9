import { averagePool, type Tensor as CoreTensor, maxPool } from '@trestle/core';
import type { OnnxError } from '../onnx-error.ts';
import { stridesOf } from '../tensor/places.ts';
import {
  checkSize,
  fromNumbers,
  integersOf,
  isBig,
  isText,
  longs,
  make,
  newData,
  sizeOf,
  type Tensor,
  wideOf,
} from '../tensor/tensor.ts';
import { type Geometry, geometryOf, type Sliding, windowPlaces } from '../tensor/windows.ts';
import { flag, float, int, ints, required } from './attributes.ts';
import { fromChannelsLast, toChannelsLast } from './channels.ts';
import { SLIDING } from './convolution.ts';
import { op, type Versions } from './definition.ts';

type Fail = (reason: string) => OnnxError;

const { dilations, ...PLAIN } = SLIDING;
const kernel_shape = required(ints());

interface PoolOptions extends Omit<Sliding, 'dilations'> {
  readonly kernel_shape: readonly number[];
  readonly dilations?: readonly number[] | undefined;
  readonly ceil_mode?: boolean;
}

function poolGeometry(x: readonly number[], options: PoolOptions, fail: Fail): Geometry {
  if (x.length < 3) throw fail(`it takes [n, channels, …spatial], not [${x}]`);
  const sliding = { ...options, dilations: options.dilations };
  return geometryOf(x.slice(2), options.kernel_shape, sliding, options.ceil_mode ?? false, fail);
}

/** Folds the elements of each window, plane by plane. `end` gets how many lay inside, and how many inside or in the padding. */
function pooled(
  x: Tensor,
  geometry: Geometry,
  start: number,
  step: (sum: number, x: number) => number,
  end: (sum: number, inside: number, padded: number) => number,
): Tensor {
  const [n = 0, channels = 0] = x.dims;
  const dims = [n, channels, ...geometry.output];
  const out = new Float64Array(checkSize(dims, 'float64'));
  const places = windowPlaces(geometry);
  const [positions, taps, size] = [
    sizeOf(geometry.output),
    sizeOf(geometry.kernel),
    sizeOf(geometry.lengths),
  ];
  const values = wideOf(x);
  for (let plane = 0; plane < n * channels; plane++)
    for (let position = 0; position < positions; position++) {
      let [sum, inside, around] = [start, 0, 0];
      for (let at = position * taps; at < (position + 1) * taps; at++) {
        const place = places[at] ?? -1;
        if (place >= 0) {
          sum = step(sum, values[plane * size + place] ?? 0);
          inside++;
        } else if (place === -1) around++;
      }
      out[plane * positions + position] = end(sum, inside, inside + around);
    }
  return fromNumbers(x.type, dims, out);
}

const add = (sum: number, x: number): number => sum + x;
const averaged = (x: Tensor, options: PoolOptions, countsPads: boolean, fail: Fail): Tensor =>
  pooled(
    x,
    poolGeometry(x.dims, options, fail),
    0,
    add,
    (sum, inside, padded) => sum / (countsPads ? padded : inside),
  );

/** Windows that lie inside the padded axes, as the core has them. */
function coreWindows(
  pool: typeof maxPool,
  x: CoreTensor | undefined,
  options: PoolOptions,
  allowsPads: boolean,
  fail: Fail,
): CoreTensor | undefined {
  if (x?.rank !== 4) return undefined;
  const {
    kernel,
    strides,
    dilations: gaps,
    before,
    behind,
    lengths,
    output,
  } = poolGeometry(x.shape, options, fail);
  const isPlain = output.every((count, axis) => {
    const span = (gaps[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1;
    return (
      (count - 1) * (strides[axis] ?? 1) + span <=
      (lengths[axis] ?? 0) + (before[axis] ?? 0) + (behind[axis] ?? 0)
    );
  });
  const isPadded = [...before, ...behind].some((pad) => pad !== 0);
  if (!isPlain || (isPadded && !allowsPads) || [...before, ...behind].some((pad) => pad < 0))
    return undefined;
  const padding = before.map((pad, axis) => [pad, behind[axis] ?? 0] as const);
  return fromChannelsLast(pool(toChannelsLast(x), kernel, { stride: strides, dilation: gaps, padding }));
}

export const AVERAGE = { ...PLAIN, kernel_shape, count_include_pad: flag(false) };
const nothing = (): number => 0;
export const AveragePool: Versions = {
  1: op('T:float -> T', { ...PLAIN, kernel_shape }, ([x], options, call) =>
    averaged(x, options, false, call.fail),
  ),
  7: op(
    'T:float -> T',
    AVERAGE,
    ([x], options, call) => averaged(x, options, options.count_include_pad, call.fail),
    {
      core: {
        work: nothing,
        run: ([x], options, call) =>
          coreWindows(averagePool, x, options, !options.count_include_pad, call.fail),
      },
    },
  ),
  10: op(
    'T:float -> T',
    { ...AVERAGE, ceil_mode: flag(false) },
    ([x], options, call) => averaged(x, options, options.count_include_pad, call.fail),
    {
      core: {
        work: nothing,
        run: ([x], options, call) =>
          coreWindows(averagePool, x, options, !options.count_include_pad, call.fail),
      },
    },
  ),
  19: op(
    'T:float -> T',
    { ...AVERAGE, ceil_mode: flag(false), dilations },
    ([x], options, call) => averaged(x, options, options.count_include_pad, call.fail),
    {
      core: {
        work: nothing,
        run: ([x], options, call) =>
          coreWindows(averagePool, x, options, !options.count_include_pad, call.fail),
      },
    },
  ),
};

/** The largest element of each window, and where in the whole tensor it lies, rows first or columns first. */
function largest(x: Tensor, options: PoolOptions, isColumnMajor: boolean, fail: Fail): [Tensor, Tensor] {
  const geometry = poolGeometry(x.dims, options, fail);
  const [n = 0, channels = 0] = x.dims;
  const dims = [n, channels, ...geometry.output];
  const places = windowPlaces(geometry);
  const [positions, taps, size] = [
    sizeOf(geometry.output),
    sizeOf(geometry.kernel),
    sizeOf(geometry.lengths),
  ];
  const out = newData(x.type, checkSize(dims, x.type)) as Tensor['data'];
  const indices = new Float64Array(out.length);
  // Which is the largest is found in doubles; 64-bit integers are compared as they are.
  const data = isBig(x.data) ? x.data : wideOf(x);
  const column = isColumnMajor ? columnMajor(geometry.lengths) : undefined;
  for (let plane = 0; plane < n * channels; plane++)
    for (let position = 0; position < positions; position++) {
      let best = -1;
      for (let at = position * taps; at < (position + 1) * taps; at++) {
        const place = places[at] ?? -1;
        if (place < 0) continue;
        const value = data[plane * size + place] ?? 0;
        if (best < 0 || value > (data[plane * size + best] ?? 0) || Number.isNaN(value)) best = place;
        if (Number.isNaN(value)) break;
      }
      const to = plane * positions + position;
      if (best < 0) throw fail('a window lies in the padding alone');
      if (isBig(out) && isBig(data)) out[to] = data[plane * size + best] ?? 0n;
      else if (!isBig(out) && !isText(out)) out[to] = Number(data[plane * size + best]);
      indices[to] = plane * size + (column ? (column[best] ?? 0) : best);
    }
  return [make(x.type, dims, out), longs(dims, indices)];
}

/** The place of each element when the first spatial axis is the one that runs. */
function columnMajor(lengths: readonly number[]): Int32Array {
  return Int32Array.from({ length: sizeOf(lengths) }, (_, at) => {
    let [rest, place] = [at, 0];
    for (let axis = lengths.length - 1; axis >= 0; axis--) {
      const length = lengths[axis] ?? 1;
      place += (rest % length) * sizeOf(lengths.slice(0, axis));
      rest = Math.floor(rest / length);
    }
    return place;
  });
}

const max = { ...PLAIN, kernel_shape };
const maxCore = {
  work: nothing,
  run: (
    [x]: readonly (CoreTensor | undefined)[],
    options: PoolOptions,
    call: { readonly wanted: readonly boolean[]; readonly fail: Fail },
  ): CoreTensor | undefined =>
    call.wanted[1] ? undefined : coreWindows(maxPool, x, options, true, call.fail),
};
export const MaxPool: Versions = {
  1: op('T:number -> T', max, ([x], options, call) => largest(x, options, false, call.fail)[0], {
    core: maxCore,
  }),
  8: op(
    'T:number -> T int64',
    { ...max, storage_order: flag(false) },
    ([x], options, call) => largest(x, options, options.storage_order, call.fail),
    { core: maxCore },
  ),
  10: op(
    'T:number -> T int64',
    { ...max, storage_order: flag(false), ceil_mode: flag(false), dilations },
    ([x], options, call) => largest(x, options, options.storage_order, call.fail),
    { core: maxCore },
  ),
};

const lp = (x: Tensor, geometry: Geometry, p: number): Tensor =>
  pooled(
    x,
    geometry,
    0,
    (sum, one) => sum + Math.abs(one) ** p,
    (sum) => sum ** (1 / p),
  );
export const LpPool: Versions = {
  1: op('T:float -> T', { ...PLAIN, kernel_shape, p: float(2) }, ([x], options, call) =>
    lp(x, poolGeometry(x.dims, options, call.fail), options.p),
  ),
  2: op('T:float -> T', { ...PLAIN, kernel_shape, p: int(2) }, ([x], options, call) =>
    lp(x, poolGeometry(x.dims, options, call.fail), options.p),
  ),
  18: op(
    'T:float -> T',
    { ...PLAIN, kernel_shape, p: int(2), ceil_mode: flag(false), dilations },
    ([x], options, call) => lp(x, poolGeometry(x.dims, options, call.fail), options.p),
  ),
};

/** The whole of each plane as one window. */
function whole(x: Tensor, fail: Fail): Geometry {
  return poolGeometry(
    x.dims,
    { auto_pad: 'NOTSET', strides: undefined, pads: undefined, kernel_shape: x.dims.slice(2) },
    fail,
  );
}
const spatial = (x: CoreTensor): number[] => x.shape.slice(2).map((_, axis) => axis + 2);
export const GlobalAveragePool: Versions = {
  1: op(
    'T:float -> T',
    {},
    ([x], _, call) => pooled(x, whole(x, call.fail), 0, add, (sum, inside) => sum / inside),
    {
      core: { work: nothing, run: ([x]) => x?.mean(spatial(x), { keepDims: true }) },
    },
  ),
};
export const GlobalMaxPool: Versions = {
  1: op('T:float -> T', {}, ([x], _, call) =>
    pooled(x, whole(x, call.fail), Number.NEGATIVE_INFINITY, Math.max, (most) => most),
  ),
};
export const GlobalLpPool: Versions = {
  1: op('T:float -> T', { p: float(2) }, ([x], { p }, call) => lp(x, whole(x, call.fail), p)),
  2: op('T:float -> T', { p: int(2) }, ([x], { p }, call) => lp(x, whole(x, call.fail), p)),
};

/** Puts what a MaxPool has kept back to where its indices say, among zeros. */
export const MaxUnpool: Versions = {
  9: op(
    'T:number int64 int64? -> T',
    { kernel_shape, pads: ints(), strides: ints() },
    ([x, indices, shape], { kernel_shape: kernel, pads, strides }, call) => {
      const rank = x.dims.length - 2;
      if (kernel.length !== rank)
        throw call.fail(`kernel_shape [${kernel}] does not fit ${rank} spatial axes`);
      const inferred = [
        ...x.dims.slice(0, 2),
        ...kernel.map(
          (size, axis) =>
            ((x.dims[axis + 2] ?? 0) - 1) * (strides?.[axis] ?? 1) +
            size -
            (pads?.[axis] ?? 0) -
            (pads?.[axis + rank] ?? 0),
        ),
      ];
      const dims = shape ? integersOf(shape) : inferred;
      const out = newData(x.type, checkSize(dims, x.type)) as unknown[];
      const places = integersOf(indices);
      const [own, given] = [stridesOf(inferred), stridesOf(dims)];
      for (let i = 0; i < places.length; i++) {
        const place = places[i] ?? 0;
        if (!(place >= 0 && place < sizeOf(inferred)))
          throw call.fail(`an index is ${place}, and what was pooled has ${sizeOf(inferred)}`);
        // Indices are those of the smallest tensor that pools to this; a larger output has it at its beginning.
        const to = given.reduce(
          (sum, stride, axis) =>
            sum + (Math.floor(place / (own[axis] ?? 1)) % (inferred[axis] ?? 1)) * stride,
          0,
        );
        if (to >= out.length) throw call.fail(`an index is ${place}, and the output has ${out.length}`);
        out[to] = x.data[i];
      }
      return make(x.type, dims, out as unknown as Tensor['data']);
    },
  ),
};
