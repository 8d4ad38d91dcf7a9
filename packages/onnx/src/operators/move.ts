import type { Tensor as CoreTensor } from '@trestle/core';
import type { OnnxError } from '../onnx-error.ts';
import { around, axisOf, concatenated, placesOf, stridesOf, view } from '../tensor/places.ts';
import {
  checkSize,
  integersOf,
  longs,
  make,
  newData,
  sizeOf,
  type Tensor,
  take,
  withDims,
} from '../tensor/tensor.ts';
import { choice, flag, float, int, ints, required } from './attributes.ts';
import { joinWhereTheyLie } from './channels.ts';
import { op, type Versions } from './definition.ts';
import { axesOrAll } from './shape.ts';

type Fail = (reason: string) => OnnxError;

function joined(parts: readonly Tensor[], axis: number, fail: Fail): Tensor {
  const [first] = parts;
  if (!first) throw fail('it has no inputs');
  const at = axisOf(axis, first.dims.length, fail);
  for (const part of parts) {
    const isFitting =
      part.dims.length === first.dims.length &&
      part.dims.every((length, i) => i === at || length === first.dims[i]);
    if (!isFitting)
      throw fail(`[${first.dims.join(', ')}] and [${part.dims.join(', ')}] do not fit along axis ${axis}`);
  }
  return parts.length === 1 ? first : concatenated(parts, at);
}
const some = (_: unknown, count: number): string | undefined =>
  count === 0 ? 'it has no inputs' : undefined;
const joinCore = (inputs: readonly (CoreTensor | undefined)[], axis: number) => {
  const all = inputs.flatMap((one) => (one ? [one] : []));
  const [first, ...rest] = all;
  return first && all.length === inputs.length ? joinWhereTheyLie([first, ...rest], axis) : undefined;
};
export const Concat: Versions = {
  1: op('T:any* -> T', { axis: int(1) }, (parts, { axis }, call) => joined(parts, axis, call.fail), {
    refuse: some,
  }),
  4: op('T:any* -> T', { axis: required(int()) }, (parts, { axis }, call) => joined(parts, axis, call.fail), {
    refuse: some,
    core: { work: () => 0, run: (inputs, { axis }) => joinCore(inputs, axis) },
  }),
};

/** A range of an axis as Python's slices define it. */
export function sliced(
  x: Tensor,
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[] | undefined,
  steps: readonly number[] | undefined,
  fail: Fail,
): Tensor {
  const strides = stridesOf(x.dims);
  const dims = [...x.dims];
  const moves = [...strides];
  let offset = 0;
  const named = axes
    ? axesOrAll(axes, dims.length, fail)
    : starts.map((_, axis) => axisOf(axis, dims.length, fail));
  if (starts.length !== ends.length || named.length !== starts.length)
    throw fail(`it has ${starts.length} starts, ${ends.length} ends and ${named.length} axes`);
  for (const [i, axis] of named.entries()) {
    const length = x.dims[axis] ?? 0;
    const step = steps?.[i] ?? 1;
    if (step === 0) throw fail('a step is 0');
    const placed = (at: number): number => {
      const from = at < 0 ? at + length : at;
      return step > 0 ? Math.min(Math.max(from, 0), length) : Math.min(Math.max(from, -1), length - 1);
    };
    const [start, end] = [placed(starts[i] ?? 0), placed(ends[i] ?? 0)];
    dims[axis] = Math.max(0, Math.ceil((end - start) / step));
    moves[axis] = (strides[axis] ?? 1) * step;
    offset += start * (strides[axis] ?? 1);
  }
  return view(x, dims, moves, offset);
}
export const Slice: Versions = {
  1: op(
    'T:any -> T',
    { axes: ints(), starts: required(ints()), ends: required(ints()) },
    ([x], { starts, ends, axes }, call) => sliced(x, starts, ends, axes, undefined, call.fail),
  ),
  10: op('T:any I:index I I? I? -> T', {}, ([x, starts, ends, axes, steps], _, call) =>
    sliced(
      x,
      integersOf(starts),
      integersOf(ends),
      axes && integersOf(axes),
      steps && integersOf(steps),
      call.fail,
    ),
  ),
};

/** Pieces of given lengths along an axis. */
export function pieces(x: Tensor, axis: number, lengths: readonly number[], fail: Fail): Tensor[] {
  const at = axisOf(axis, x.dims.length, fail);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total !== (x.dims[at] ?? 0) || lengths.some((length) => length < 0))
    throw fail(`[${lengths.join(', ')}] do not divide axis ${axis} of ${x.dims[at]}`);
  const strides = stridesOf(x.dims);
  let from = 0;
  return lengths.map((length) => {
    const part = view(
      x,
      x.dims.map((one, i) => (i === at ? length : one)),
      strides,
      from * (strides[at] ?? 1),
    );
    from += length;
    return part;
  });
}
const evenly = (length: number, parts: number, isUneven: boolean, fail: Fail): number[] => {
  if (!isUneven && length % parts !== 0) throw fail(`${length} is not divided evenly by ${parts}`);
  const size = Math.ceil(length / parts);
  return Array.from({ length: parts }, (_, i) => Math.max(0, Math.min(size, length - i * size)));
};
const split = (
  x: Tensor,
  axis: number,
  lengths: readonly number[] | undefined,
  parts: number,
  isUneven: boolean,
  fail: Fail,
): Tensor[] =>
  pieces(
    x,
    axis,
    lengths ?? evenly(x.dims[axisOf(axis, x.dims.length, fail)] ?? 0, parts, isUneven, fail),
    fail,
  );
export const Split: Versions = {
  1: op('T:any int64? -> T*', { axis: int(0), split: ints() }, ([x, list], { axis, split: lengths }, call) =>
    split(x, axis, lengths ?? (list && integersOf(list)), call.wanted.length, false, call.fail),
  ),
  2: op('T:any -> T*', { axis: int(0), split: ints() }, ([x], { axis, split: lengths }, call) =>
    split(x, axis, lengths, call.wanted.length, false, call.fail),
  ),
  13: op('T:any int64? -> T*', { axis: int(0) }, ([x, lengths], { axis }, call) =>
    split(x, axis, lengths && integersOf(lengths), call.wanted.length, false, call.fail),
  ),
  18: op(
    'T:any int64? -> T*',
    { axis: int(0), num_outputs: int() },
    ([x, lengths], { axis, num_outputs }, call) =>
      split(x, axis, lengths && integersOf(lengths), num_outputs ?? call.wanted.length, true, call.fail),
    {
      refuse: ({ num_outputs: parts }, _, { outputCount }) =>
        parts !== undefined && parts !== outputCount
          ? `its num_outputs is ${parts}, and it has ${outputCount} outputs`
          : undefined,
    },
  ),
};

type PadMode = 'constant' | 'reflect' | 'edge' | 'wrap';

/** Where in an axis of `length` a place lies that may be outside; -1 for the constant. */
function inside(at: number, length: number, mode: PadMode): number {
  if (at >= 0 && at < length) return at;
  if (mode === 'constant' || length === 0) return -1;
  if (mode === 'edge') return at < 0 ? 0 : length - 1;
  if (mode === 'wrap') return ((at % length) + length) % length;
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const phase = ((at % period) + period) % period;
  return phase < length ? phase : period - phase;
}

export function padded(
  x: Tensor,
  pads: readonly number[],
  mode: PadMode,
  fill: number | bigint | string | undefined,
  axes: readonly number[] | undefined,
  fail: Fail,
): Tensor {
  const rank = x.dims.length;
  const named = axesOrAll(axes, rank, fail);
  if (pads.length !== named.length * 2) throw fail(`it has ${pads.length} pads for ${named.length} axes`);
  const before = new Array<number>(rank).fill(0);
  const behind = new Array<number>(rank).fill(0);
  for (const [i, axis] of named.entries()) {
    before[axis] = pads[i] ?? 0;
    behind[axis] = pads[i + named.length] ?? 0;
  }
  const dims = x.dims.map((length, axis) => length + (before[axis] ?? 0) + (behind[axis] ?? 0));
  const size = checkSize(dims, x.type);
  if (mode !== 'constant' && size > 0 && x.dims.includes(0))
    throw fail(`it pads nothing in the mode ${mode}`);
  // Beside an axis without elements another may be longer than any memory.
  if (size === 0) return make(x.type, dims, newData(x.type, 0));
  let places = new Int32Array([0]);
  const strides = stridesOf(x.dims);
  for (let axis = rank - 1; axis >= 0; axis--) {
    const length = dims[axis] ?? 0;
    const next = new Int32Array(length * places.length);
    for (let i = 0; i < length; i++) {
      const at = inside(i - (before[axis] ?? 0), x.dims[axis] ?? 0, mode);
      for (let j = 0; j < places.length; j++) {
        const rest = places[j] ?? 0;
        next[i * places.length + j] = at < 0 || rest < 0 ? -1 : at * (strides[axis] ?? 1) + rest;
      }
    }
    places = next;
  }
  return take(x, dims, places, fill);
}
const oldMode = { mode: choice('constant', 'reflect', 'edge'), value: float(0) };
export const Pad: Versions = {
  1: op('T:any -> T', { ...oldMode, paddings: required(ints()) }, ([x], { mode, value, paddings }, call) =>
    padded(x, paddings, mode, value, undefined, call.fail),
  ),
  2: op('T:any -> T', { ...oldMode, pads: required(ints()) }, ([x], { mode, value, pads }, call) =>
    padded(x, pads, mode, value, undefined, call.fail),
  ),
  11: op(
    'T:any int64 T? -> T',
    { mode: choice('constant', 'reflect', 'edge') },
    ([x, pads, fill], { mode }, call) =>
      padded(x, integersOf(pads), mode, fill?.data[0], undefined, call.fail),
  ),
  18: op(
    'T:any int64 T? I:index? -> T',
    { mode: choice('constant', 'reflect', 'edge') },
    ([x, pads, fill, axes], { mode }, call) =>
      padded(x, integersOf(pads), mode, fill?.data[0], axes && integersOf(axes), call.fail),
  ),
  19: op(
    'T:any int64 T? I:index? -> T',
    { mode: choice('constant', 'reflect', 'edge', 'wrap') },
    ([x, pads, fill, axes], { mode }, call) =>
      padded(x, integersOf(pads), mode, fill?.data[0], axes && integersOf(axes), call.fail),
  ),
};

function tiled(x: Tensor, repeats: readonly number[], fail: Fail): Tensor {
  if (repeats.length !== x.dims.length || repeats.some((times) => times < 0))
    throw fail(`[${repeats.join(', ')}] do not repeat [${x.dims.join(', ')}]`);
  const dims = x.dims.map((length, axis) => length * (repeats[axis] ?? 1));
  checkSize(dims, x.type);
  // Each axis is split in two: the repetition, which does not move, and the axis itself.
  const strides = stridesOf(x.dims);
  const split = x.dims.flatMap((length, axis) => [repeats[axis] ?? 1, length]);
  return take(
    x,
    dims,
    placesOf(
      split,
      strides.flatMap((stride) => [0, stride]),
    ),
  );
}
export const Tile: Versions = {
  1: op('T:any T T -> T', {}, ([x, tiles, axis], _, call) => {
    const at = Number(axis.data[0]);
    return tiled(
      x,
      x.dims.map((_one, i) => (i === at ? Number(tiles.data[0]) : 1)),
      call.fail,
    );
  }),
  6: op('T:any int64 -> T', {}, ([x, repeats], _, call) => tiled(x, integersOf(repeats), call.fail)),
};

function blocks(x: Tensor, size: number, fail: Fail): readonly [number, number, number, number] {
  const [n, c, h, w] = x.dims;
  if (
    n === undefined ||
    c === undefined ||
    h === undefined ||
    w === undefined ||
    x.dims.length !== 4 ||
    size < 1
  )
    throw fail(
      `it takes [n, channels, height, width] and blocks of at least 1, not [${x.dims.join(', ')}] and ${size}`,
    );
  return [n, c, h, w];
}
const depthToSpace = (x: Tensor, size: number, mode: 'DCR' | 'CRD', fail: Fail): Tensor => {
  const [n, c, h, w] = blocks(x, size, fail);
  const depth = c / size ** 2;
  if (!Number.isInteger(depth)) throw fail(`${c} channels are no blocks of ${size}`);
  const plane = h * w;
  const [block, channel] = mode === 'DCR' ? [depth * plane, plane] : [plane, size ** 2 * plane];
  // [n, depth, h, block row, w, block column]
  return take(
    x,
    [n, depth, h * size, w * size],
    placesOf([n, depth, h, size, w, size], [c * plane, channel, w, size * block, 1, block]),
  );
};
const blocksize = required(int());
export const DepthToSpace: Versions = {
  1: op('T:any -> T', { blocksize }, ([x], options, call) =>
    depthToSpace(x, options.blocksize, 'DCR', call.fail),
  ),
  11: op('T:any -> T', { blocksize, mode: choice('DCR', 'CRD') }, ([x], options, call) =>
    depthToSpace(x, options.blocksize, options.mode, call.fail),
  ),
};
export const SpaceToDepth: Versions = {
  1: op('T:any -> T', { blocksize }, ([x], { blocksize: size }, call) => {
    const [n, c, h, w] = blocks(x, size, call.fail);
    if (h % size !== 0 || w % size !== 0) throw call.fail(`[${h}, ${w}] is not divided by ${size}`);
    return take(
      x,
      [n, c * size * size, h / size, w / size],
      placesOf([n, size, size, c, h / size, w / size], [c * h * w, w, 1, h * w, size * w, size]),
    );
  }),
};

export const Trilu: Versions = {
  14: op('T:any int64? -> T', { upper: flag(true) }, ([x, k], { upper }, call) => {
    const [rows, columns] = x.dims.slice(-2);
    if (rows === undefined || columns === undefined) throw call.fail('its input is no matrix');
    const diagonal = k ? (integersOf(k)[0] ?? 0) : 0;
    const places = Int32Array.from({ length: x.data.length }, (_, at) => {
      const over = (at % columns) - (Math.floor(at / columns) % rows) - diagonal;
      return (upper ? over >= 0 : over <= 0) ? at : -1;
    });
    return take(x, x.dims, places);
  }),
};

export const ReverseSequence: Versions = {
  10: op('T:any int64 -> T', { batch_axis: int(1), time_axis: int(0) }, ([x, lengths], options, call) => {
    const [batch, time] = [options.batch_axis, options.time_axis].map((axis) =>
      axisOf(axis, x.dims.length, call.fail),
    );
    const counts = integersOf(lengths);
    const strides = stridesOf(x.dims);
    const places = placesOf(x.dims, strides);
    const [step, row] = [strides[time ?? 0] ?? 1, strides[batch ?? 0] ?? 1];
    for (let i = 0; i < places.length; i++) {
      const at = Math.floor(i / step) % (x.dims[time ?? 0] ?? 1);
      const count = counts[Math.floor(i / row) % (x.dims[batch ?? 0] ?? 1)] ?? 0;
      if (count > (x.dims[time ?? 0] ?? 0))
        throw call.fail(`a length of ${count} is longer than the sequence`);
      if (at < count) places[i] = i + (count - 1 - 2 * at) * step;
    }
    return take(x, x.dims, places);
  }),
};

export const CenterCropPad: Versions = {
  18: op('T:any I:index -> T', { axes: ints() }, ([x, shape], { axes }, call) => {
    const named = axesOrAll(axes, x.dims.length, call.fail);
    const wanted = integersOf(shape);
    if (wanted.length !== named.length)
      throw call.fail(`it has ${wanted.length} lengths for ${named.length} axes`);
    const pads = new Array<number>(named.length * 2).fill(0);
    for (const [i, axis] of named.entries()) {
      const more = (wanted[i] ?? 0) - (x.dims[axis] ?? 0);
      // What is cropped is cropped before it is padded; the odd one is at the end, as in the specification.
      const before = more >= 0 ? Math.floor(more / 2) : -Math.floor(-more / 2);
      pads[i] = before;
      pads[i + named.length] = more - before;
    }
    return padded(x, pads, 'constant', undefined, named, call.fail);
  }),
};

/** Entries of an axis for which a condition holds. */
export const Compress: Versions = {
  9: op('T:any bool -> T', { axis: int() }, ([x, condition], { axis }, call) => {
    const flat = axis === undefined ? withDims(x, [x.data.length]) : x;
    const at = axisOf(axis ?? 0, flat.dims.length, call.fail);
    const chosen: number[] = [];
    for (let i = 0; i < condition.data.length; i++) if (condition.data[i]) chosen.push(i);
    return gathered(flat, longs([chosen.length], chosen), at, call.fail);
  }),
};

/** Slices of an axis at indices, which count from the end where they are negative. */
export function gathered(x: Tensor, indices: Tensor, axis: number, fail: Fail): Tensor {
  const at = axisOf(axis, x.dims.length, fail);
  const [before, length, inner] = around(x.dims, at);
  const chosen = integersOf(indices).map((index) => {
    const place = index < 0 ? index + length : index;
    if (!(place >= 0 && place < length)) throw fail(`an index is ${index}, and axis ${axis} has ${length}`);
    return place;
  });
  const dims = [...x.dims.slice(0, at), ...indices.dims, ...x.dims.slice(at + 1)];
  const places = new Int32Array(checkSize(dims, x.type));
  let to = 0;
  for (let outer = 0; outer < before; outer++)
    for (const place of chosen) {
      const from = (outer * length + place) * inner;
      for (let i = 0; i < inner; i++) places[to++] = from + i;
    }
  return take(x, dims, places);
}
export const Gather: Versions = {
  1: op('T:any I:index -> T', { axis: int(0) }, ([x, indices], { axis }, call) =>
    gathered(x, indices, axis, call.fail),
  ),
};

/** An element that is everywhere, in a shape. */
export const filled = (value: Tensor, dims: readonly number[]): Tensor => {
  checkSize(dims, value.type);
  const out = newData(value.type, sizeOf(dims)) as unknown[] & { fill(value: unknown): unknown };
  out.fill(value.data[0]);
  return make(value.type, dims, out as unknown as Tensor['data']);
};
