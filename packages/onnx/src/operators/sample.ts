import type { OnnxError } from '../onnx-error.ts';
import { roundEven } from '../tensor/special-functions.ts';
import { checkSize, doublesOf, fromNumbers, integersOf, sizeOf, type Tensor } from '../tensor/tensor.ts';
import { geometryOf } from '../tensor/windows.ts';
import { choice, flag, float, int, ints, required } from './attributes.ts';
import { op, type Versions } from './definition.ts';
import { cubicWeight } from './resize-axis.ts';

type Fail = (reason: string) => OnnxError;
type Outside = 'zeros' | 'border' | 'reflection';

/** Back and forth between two borders. */
function reflected(at: number, low: number, high: number): number {
  const span = high - low;
  if (span <= 0) return low;
  const phase = Math.abs(at - low) % (2 * span);
  return low + (phase > span ? 2 * span - phase : phase);
}

/** The index on an axis, or -1 where nothing is. */
function placed(at: number, length: number, mode: Outside, isAligned: boolean): number {
  if (at >= 0 && at < length) return at;
  if (mode === 'zeros') return -1;
  if (mode === 'border') return at < 0 ? 0 : length - 1;
  const found = isAligned ? reflected(at, 0, length - 1) : reflected(at, -0.5, length - 0.5);
  return Math.min(length - 1, Math.max(0, Math.round(found)));
}

interface GridOptions {
  readonly align_corners: boolean;
  readonly padding_mode: Outside;
}

function gridSampled(
  x: Tensor,
  grid: Tensor,
  mode: 'linear' | 'nearest' | 'cubic',
  { align_corners: isAligned, padding_mode: outside }: GridOptions,
  fail: Fail,
): Tensor {
  const spatial = x.dims.slice(2);
  const rank = spatial.length;
  const [n = 0, channels = 0] = x.dims;
  if (rank < 1 || grid.dims.length !== rank + 2 || grid.dims.at(-1) !== rank || grid.dims[0] !== n)
    throw fail(`a grid [${grid.dims}] does not fit [${x.dims}]`);
  const output = grid.dims.slice(1, -1);
  const dims = [n, channels, ...output];
  const out = new Float64Array(checkSize(dims, 'float64'));
  const [values, where] = [doublesOf(x), doublesOf(grid)];
  const [positions, size] = [sizeOf(output), sizeOf(spatial)];
  const reach = mode === 'cubic' ? 4 : mode === 'linear' ? 2 : 1;
  const taps = reach ** rank;
  const places = new Int32Array(taps);
  const weights = new Float64Array(taps);
  for (let batch = 0; batch < n; batch++)
    for (let position = 0; position < positions; position++) {
      places.fill(0);
      weights.fill(1);
      let group = 1;
      for (let axis = rank - 1; axis >= 0; axis--) {
        const length = spatial[axis] ?? 1;
        const inner = sizeOf(spatial.slice(axis + 1));
        // Coordinates are listed from the innermost axis on.
        const normal = where[(batch * positions + position) * rank + (rank - 1 - axis)] ?? 0;
        let at = isAligned ? ((normal + 1) / 2) * (length - 1) : ((normal + 1) * length - 1) / 2;
        if (mode !== 'cubic') {
          if (outside === 'border') at = Math.min(length - 1, Math.max(0, at));
          if (outside === 'reflection') {
            at = isAligned ? reflected(at, 0, length - 1) : reflected(at, -0.5, length - 0.5);
            at = Math.min(length - 1, Math.max(0, at));
          }
        }
        const floor = mode === 'nearest' ? roundEven(at) : Math.floor(at);
        for (let i = 0; i < taps; i++) {
          const tap = Math.floor(i / group) % reach;
          const index = floor + tap - (mode === 'cubic' ? 1 : 0);
          const distance = at - index;
          const weight =
            mode === 'nearest'
              ? 1
              : mode === 'linear'
                ? Math.max(0, 1 - Math.abs(distance))
                : cubicWeight(distance, -0.75);
          const place = placed(index, length, outside, isAligned);
          // Not a number is at no place.
          if (!(place >= 0) || (places[i] ?? 0) < 0) places[i] = -1;
          else places[i] = (places[i] ?? 0) + place * inner;
          weights[i] = (weights[i] ?? 0) * weight;
        }
        group *= reach;
      }
      for (let channel = 0; channel < channels; channel++) {
        const from = (batch * channels + channel) * size;
        let sum = 0;
        for (let i = 0; i < taps; i++) {
          const place = places[i] ?? -1;
          if (place >= 0 && weights[i] !== 0) sum += (weights[i] ?? 0) * (values[from + place] ?? 0);
        }
        out[(batch * channels + channel) * positions + position] = sum;
      }
    }
  return fromNumbers(x.type, dims, out);
}
const grid = { align_corners: flag(false), padding_mode: choice('zeros', 'border', 'reflection') };
const OLD = { bilinear: 'linear', nearest: 'nearest', bicubic: 'cubic' } as const;
export const GridSample: Versions = {
  16: op(
    'T:number U:float -> T',
    { ...grid, mode: choice('bilinear', 'nearest', 'bicubic') },
    ([x, where], { mode, ...options }, call) => gridSampled(x, where, OLD[mode], options, call.fail),
  ),
  20: op(
    'T:number U:float -> T',
    { ...grid, mode: choice('linear', 'nearest', 'cubic') },
    ([x, where], { mode, ...options }, call) => gridSampled(x, where, mode, options, call.fail),
  ),
};

/** Positions of a grid after an affine map, the coordinates from the innermost axis on. */
export const AffineGrid: Versions = {
  20: op(
    'T:float int64 -> T',
    { align_corners: flag(false) },
    ([theta, size], { align_corners: isAligned }, call) => {
      const spatial = integersOf(size).slice(2);
      const rank = spatial.length;
      const [n = 0] = theta.dims;
      if (
        (rank !== 2 && rank !== 3) ||
        theta.dims.join() !== [n, rank, rank + 1].join() ||
        integersOf(size)[0] !== n
      )
        throw call.fail(`matrices [${theta.dims}] do not fit the size [${integersOf(size)}]`);
      const dims = [n, ...spatial, rank];
      const out = new Float64Array(checkSize(dims, 'float64'));
      const matrix = doublesOf(theta);
      const positions = sizeOf(spatial);
      for (let batch = 0; batch < n; batch++)
        for (let position = 0; position < positions; position++) {
          let rest = position;
          const at: number[] = [];
          for (let axis = rank - 1; axis >= 0; axis--) {
            const length = spatial[axis] ?? 1;
            const index = rest % length;
            rest = Math.floor(rest / length);
            at.push(
              isAligned
                ? length === 1
                  ? 0
                  : -1 + (2 * index) / (length - 1)
                : -1 + (2 * index + 1) / length,
            );
          }
          for (let row = 0; row < rank; row++) {
            const line = (batch * rank + row) * (rank + 1);
            let sum = matrix[line + rank] ?? 0;
            for (let k = 0; k < rank; k++) sum += (matrix[line + k] ?? 0) * (at[k] ?? 0);
            out[(batch * positions + position) * rank + row] = sum;
          }
        }
      return fromNumbers(theta.type, dims, out);
    },
  ),
};

/** A plane between its elements; outside of it by more than one is 0. */
function bilinear(
  values: ArrayLike<number>,
  from: number,
  height: number,
  width: number,
  y: number,
  x: number,
): number[] {
  if (y < -1 || y > height || x < -1 || x > width) return [0, 0, 0, 0];
  const [row, column] = [Math.max(0, y), Math.max(0, x)];
  const [top, left] = [Math.min(Math.floor(row), height - 1), Math.min(Math.floor(column), width - 1)];
  const [bottom, right] = [Math.min(top + 1, height - 1), Math.min(left + 1, width - 1)];
  const [down, across] = [top >= height - 1 ? 0 : row - top, left >= width - 1 ? 0 : column - left];
  const at = (i: number, j: number): number => values[from + i * width + j] ?? 0;
  return [
    (1 - down) * (1 - across) * at(top, left),
    (1 - down) * across * at(top, right),
    down * (1 - across) * at(bottom, left),
    down * across * at(bottom, right),
  ];
}

interface AlignOptions {
  readonly mode: 'avg' | 'max';
  readonly output_height: number;
  readonly output_width: number;
  readonly sampling_ratio: number;
  readonly spatial_scale: number;
}

function roiAligned(
  [x, rois, indices]: readonly [Tensor, Tensor, Tensor],
  options: AlignOptions,
  isShifted: boolean,
  fail: Fail,
): Tensor {
  const [n = 0, channels = 0, height = 0, width = 0] = x.dims;
  const [count = 0] = rois.dims;
  if (x.dims.length !== 4 || rois.dims[1] !== 4 || indices.data.length !== count)
    throw fail(`rois [${rois.dims}] do not fit [${x.dims}]`);
  const { output_height: rows, output_width: columns, spatial_scale: scale, sampling_ratio: ratio } = options;
  const dims = [count, channels, rows, columns];
  const out = new Float64Array(checkSize(dims, 'float64'));
  const [values, boxes, batches] = [doublesOf(x), doublesOf(rois), integersOf(indices)];
  const shift = isShifted ? 0.5 : 0;
  for (let roi = 0; roi < count; roi++) {
    const batch = batches[roi] ?? 0;
    if (!(batch >= 0 && batch < n)) throw fail(`batch index ${batch} is none of ${n}`);
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = Array.from(
      boxes.subarray(roi * 4, roi * 4 + 4),
      (value) => value * scale - shift,
    );
    const least = isShifted ? Number.NEGATIVE_INFINITY : 1;
    const [high, wide] = [Math.max(least, y2 - y1), Math.max(least, x2 - x1)];
    const down = ratio > 0 ? ratio : Math.ceil(high / rows);
    const across = ratio > 0 ? ratio : Math.ceil(wide / columns);
    checkSize([Math.max(0, down), Math.max(0, across)]);
    for (let channel = 0; channel < channels; channel++) {
      const from = (batch * channels + channel) * height * width;
      for (let bin = 0; bin < rows * columns; bin++) {
        const [row, column] = [Math.floor(bin / columns), bin % columns];
        let [sum, most] = [0, Number.NEGATIVE_INFINITY];
        for (let i = 0; i < down; i++)
          for (let j = 0; j < across; j++) {
            const y = y1 + (row * high) / rows + ((i + 0.5) * high) / rows / down;
            const at = x1 + (column * wide) / columns + ((j + 0.5) * wide) / columns / across;
            const parts = bilinear(values, from, height, width, y, at);
            sum += parts.reduce((total, one) => total + one, 0);
            most = Math.max(most, ...parts);
          }
        const samples = Math.max(1, down * across);
        out[(roi * channels + channel) * rows * columns + bin] =
          options.mode === 'avg' ? sum / samples : Number.isFinite(most) ? most : 0;
      }
    }
  }
  return fromNumbers(x.type, dims, out);
}
const align = {
  ...{
    mode: choice('avg', 'max'),
    output_height: int(1),
    output_width: int(1),
    sampling_ratio: int(0),
    spatial_scale: float(1),
  },
};
export const RoiAlign: Versions = {
  10: op('T:float T int64 -> T', align, (inputs, options, call) =>
    roiAligned(inputs, options, false, call.fail),
  ),
  16: op(
    'T:float T int64 -> T',
    { ...align, coordinate_transformation_mode: choice('half_pixel', 'output_half_pixel') },
    (inputs, options, call) =>
      roiAligned(inputs, options, options.coordinate_transformation_mode === 'half_pixel', call.fail),
  ),
};

/** The largest element of each part of a region, in whole elements. */
export const MaxRoiPool: Versions = {
  1: op(
    'T:float T -> T',
    { pooled_shape: required(ints()), spatial_scale: float(1) },
    ([x, rois], { pooled_shape: [rows = 1, columns = 1], spatial_scale: scale }, call) => {
      const [n = 0, channels = 0, height = 0, width = 0] = x.dims;
      const [count = 0] = rois.dims;
      if (x.dims.length !== 4 || rois.dims[1] !== 5)
        throw call.fail(`rois [${rois.dims}] do not fit [${x.dims}]`);
      const dims = [count, channels, rows, columns];
      const out = new Float64Array(checkSize(dims, 'float64'));
      const [values, boxes] = [doublesOf(x), doublesOf(rois)];
      for (let roi = 0; roi < count; roi++) {
        const batch = boxes[roi * 5] ?? 0;
        if (!(batch >= 0 && batch < n)) throw call.fail(`batch index ${batch} is none of ${n}`);
        const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = Array.from(
          boxes.subarray(roi * 5 + 1, roi * 5 + 5),
          (value) => Math.round(value * scale),
        );
        const [high, wide] = [Math.max(1, y2 - y1 + 1), Math.max(1, x2 - x1 + 1)];
        for (let channel = 0; channel < channels; channel++)
          for (let bin = 0; bin < rows * columns; bin++) {
            const [row, column] = [Math.floor(bin / columns), bin % columns];
            const clip = (at: number, length: number): number => Math.min(length, Math.max(0, at));
            let most = Number.NEGATIVE_INFINITY;
            for (
              let i = clip(y1 + Math.floor((row * high) / rows), height);
              i < clip(y1 + Math.ceil(((row + 1) * high) / rows), height);
              i++
            )
              for (
                let j = clip(x1 + Math.floor((column * wide) / columns), width);
                j < clip(x1 + Math.ceil(((column + 1) * wide) / columns), width);
                j++
              )
                most = Math.max(most, values[((batch * channels + channel) * height + i) * width + j] ?? 0);
            out[(roi * channels + channel) * rows * columns + bin] =
              most === Number.NEGATIVE_INFINITY ? 0 : most;
          }
      }
      return fromNumbers(x.type, dims, out);
    },
  ),
};

/** A convolution whose kernel reads between the elements, at places that are moved by given offsets. */
export const DeformConv: Versions = {
  19: op(
    'T:float T T T? T? -> T',
    {
      dilations: ints(),
      group: int(1),
      kernel_shape: ints(),
      offset_group: int(1),
      pads: ints(),
      strides: ints(),
    },
    (
      [x, w, offset, bias, mask],
      { group, kernel_shape: kernel, offset_group: offsetGroups, ...sliding },
      call,
    ) => {
      const [n = 0, channels = 0, height = 0, width = 0] = x.dims;
      const [outputs = 0, perGroup = 0, high = 0, wide = 0] = w.dims;
      if (x.dims.length !== 4 || w.dims.length !== 4) throw call.fail('it is of two spatial axes only');
      if (perGroup * group !== channels || outputs % group !== 0 || channels % offsetGroups !== 0)
        throw call.fail(`an input [${x.dims}] does not fit a weight [${w.dims}] in ${group} groups`);
      if (kernel && kernel.join() !== [high, wide].join())
        throw call.fail(`kernel_shape [${kernel}] is not that of the weight`);
      const geometry = geometryOf(
        [height, width],
        [high, wide],
        { auto_pad: 'NOTSET', ...sliding },
        false,
        call.fail,
      );
      const [rows = 0, columns = 0] = geometry.output;
      const taps = high * wide;
      const isFitting = offset.dims.join() === [n, offsetGroups * taps * 2, rows, columns].join();
      if (!isFitting || (mask && mask.dims.join() !== [n, offsetGroups * taps, rows, columns].join()))
        throw call.fail(`offsets [${offset.dims}] do not fit an output of [${geometry.output}]`);
      const dims = [n, outputs, rows, columns];
      const out = new Float64Array(checkSize(dims, 'float64'));
      const [values, weights, moves] = [doublesOf(x), doublesOf(w), doublesOf(offset)];
      const [factors, shifts] = [mask && doublesOf(mask), bias && doublesOf(bias)];
      const positions = rows * columns;
      for (let batch = 0; batch < n; batch++)
        for (let position = 0; position < positions; position++) {
          const [row, column] = [Math.floor(position / columns), position % columns];
          for (let channel = 0; channel < channels; channel++) {
            const offsets = Math.floor(channel / (channels / offsetGroups));
            const own = Math.floor(channel / perGroup);
            for (let tap = 0; tap < taps; tap++) {
              const at = ((batch * offsetGroups + offsets) * taps + tap) * 2 * positions + position;
              const y =
                row * (geometry.strides[0] ?? 1) -
                (geometry.before[0] ?? 0) +
                Math.floor(tap / wide) * (geometry.dilations[0] ?? 1) +
                (moves[at] ?? 0);
              const across =
                column * (geometry.strides[1] ?? 1) -
                (geometry.before[1] ?? 0) +
                (tap % wide) * (geometry.dilations[1] ?? 1) +
                (moves[at + positions] ?? 0);
              const factor = factors
                ? (factors[((batch * offsetGroups + offsets) * taps + tap) * positions + position] ?? 0)
                : 1;
              const value =
                factor *
                between(values, (batch * channels + channel) * height * width, height, width, y, across);
              if (value === 0) continue;
              for (let one = 0; one < outputs / group; one++) {
                const output = own * (outputs / group) + one;
                const to = (batch * outputs + output) * positions + position;
                out[to] =
                  (out[to] ?? 0) +
                  value * (weights[(output * perGroup + (channel % perGroup)) * taps + tap] ?? 0);
              }
            }
          }
        }
      if (shifts)
        for (let i = 0; i < out.length; i++)
          out[i] = (out[i] ?? 0) + (shifts[Math.floor(i / positions) % outputs] ?? 0);
      return fromNumbers(x.type, dims, out);
    },
  ),
};

/** A plane between its elements, with zeros around it. */
function between(
  values: ArrayLike<number>,
  from: number,
  height: number,
  width: number,
  y: number,
  x: number,
): number {
  // A place that is far outside, or no number, has no elements around it: counting up from it would not end.
  if (!(y > -1 && y < height && x > -1 && x < width)) return 0;
  const [top, left] = [Math.floor(y), Math.floor(x)];
  let sum = 0;
  for (let i = top; i <= top + 1; i++)
    for (let j = left; j <= left + 1; j++)
      if (i >= 0 && i < height && j >= 0 && j < width)
        sum += (1 - Math.abs(y - i)) * (1 - Math.abs(x - j)) * (values[from + i * width + j] ?? 0);
  return sum;
}
