import type { Tensor as CoreTensor } from '@trestle/core';
import type { OnnxError } from '../onnx-error.ts';
import { axesOf, axisOf, broadcastDims, expandTo, transposed } from '../tensor/places.ts';
import { checkSize, integersOf, longs, sizeOf, type Tensor, withDims } from '../tensor/tensor.ts';
import { CONSUMED } from './arithmetic.ts';
import { flag, int, ints, required } from './attributes.ts';
import { type Call, op, type Versions } from './definition.ts';

type Fail = (reason: string) => OnnxError;

export function reshaped(x: Tensor, wanted: readonly number[], keepsZero: boolean, fail: Fail): Tensor {
  const size = sizeOf(x.dims);
  const says = (): OnnxError => fail(`[${x.dims.join(', ')}] does not reshape to [${wanted.join(', ')}]`);
  if (wanted.filter((length) => length === -1).length > 1 || wanted.some((length) => length < -1))
    throw says();
  if (keepsZero && wanted.includes(0) && wanted.includes(-1)) throw says();
  // 0 keeps the length at its place.
  const kept = wanted.map((length, axis) => {
    if (length !== 0 || keepsZero) return length;
    const own = x.dims[axis];
    if (own === undefined) throw says();
    return own;
  });
  const known = kept.filter((length) => length !== -1).reduce((product, length) => product * length, 1);
  const dims = kept.map((length) => (length === -1 ? (known === 0 ? 0 : size / known) : length));
  if (dims.some((length) => !Number.isInteger(length)) || sizeOf(dims) !== size) throw says();
  return withDims(x, dims);
}

export const Reshape: Versions = {
  1: op('T:any -> T', { shape: ints([]), ...CONSUMED }, ([x], { shape }, call) =>
    reshaped(x, shape, false, call.fail),
  ),
  5: op('T:any int64 -> T', {}, ([x, shape], _, call) => reshaped(x, integersOf(shape), false, call.fail), {
    core: {
      work: () => 0,
      host: [1],
      run: ([x], _, call) => movedCore(x, (one) => reshaped(one, hostIntegers(call, 1), false, call.fail)),
    },
  }),
  14: op(
    'T:any int64 -> T',
    { allowzero: flag(false) },
    ([x, shape], { allowzero }, call) => reshaped(x, integersOf(shape), allowzero, call.fail),
    {
      core: {
        work: () => 0,
        host: [1],
        run: ([x], { allowzero }, call) =>
          movedCore(x, (one) => reshaped(one, hostIntegers(call, 1), allowzero, call.fail)),
      },
    },
  ),
};

/** The integers of an input that stays on the host. */
const hostIntegers = (call: Call, index: number): number[] => {
  const value = call.host(index);
  if (!value) throw call.fail(`its input ${index} is missing`);
  return integersOf(value);
};

const NO_DATA = new Float32Array(0);
/** A tensor of the core in the shape that the host's function gives one of its shape. */
function movedCore(x: CoreTensor | undefined, move: (x: Tensor) => Tensor): CoreTensor | undefined {
  return x?.reshape(move({ kind: 'tensor', type: 'float32', dims: x.shape, data: NO_DATA }).dims);
}

export const Flatten: Versions = {
  1: op(
    'T:any -> T',
    { axis: int(1) },
    ([x], { axis }, call) => {
      const at = axis < 0 ? axis + x.dims.length : axis;
      if (at < 0 || at > x.dims.length) throw call.fail(`axis ${axis} is none of ${x.dims.length}`);
      return withDims(x, [sizeOf(x.dims.slice(0, at)), sizeOf(x.dims.slice(at))]);
    },
    {
      core: {
        work: () => 0,
        run: ([x], { axis }) => {
          if (!x) return undefined;
          const at = axis < 0 ? axis + x.rank : axis;
          return x.reshape([sizeOf(x.shape.slice(0, at)), sizeOf(x.shape.slice(at))]);
        },
      },
    },
  ),
};

function squeezed(x: Tensor, axes: readonly number[] | undefined, fail: Fail): Tensor {
  const gone = axes ? axesOf(axes, x.dims.length, fail) : undefined;
  for (const axis of gone ?? [])
    if (x.dims[axis] !== 1) throw fail(`axis ${axis} is ${x.dims[axis]} long, and not 1`);
  return withDims(
    x,
    x.dims.filter((length, axis) => (gone ? !gone.includes(axis) : length !== 1)),
  );
}
export const Squeeze: Versions = {
  1: op('T:any -> T', { axes: ints() }, ([x], { axes }, call) => squeezed(x, axes, call.fail)),
  13: op('T:any int64? -> T', {}, ([x, axes], _, call) => squeezed(x, axes && integersOf(axes), call.fail), {
    core: {
      work: () => 0,
      host: [1],
      run: ([x], _, call) =>
        movedCore(x, (one) => squeezed(one, call.host(1) && hostIntegers(call, 1), call.fail)),
    },
  }),
};

function unsqueezed(x: Tensor, axes: readonly number[], fail: Fail): Tensor {
  const rank = x.dims.length + axes.length;
  const added = new Set(axesOf(axes, rank, fail));
  const rest = x.dims[Symbol.iterator]();
  return withDims(
    x,
    Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : Number(rest.next().value))),
  );
}
export const Unsqueeze: Versions = {
  1: op('T:any -> T', { axes: required(ints()) }, ([x], { axes }, call) => unsqueezed(x, axes, call.fail)),
  13: op('T:any int64 -> T', {}, ([x, axes], _, call) => unsqueezed(x, integersOf(axes), call.fail), {
    core: {
      work: () => 0,
      host: [1],
      run: ([x], _, call) => movedCore(x, (one) => unsqueezed(one, hostIntegers(call, 1), call.fail)),
    },
  }),
};

export const Transpose: Versions = {
  1: op(
    'T:any -> T',
    { perm: ints() },
    ([x], { perm }, call) => {
      const order = perm ?? x.dims.map((_, axis) => x.dims.length - 1 - axis);
      if (order.length !== x.dims.length)
        throw call.fail(`perm names ${order.length} axes of ${x.dims.length}`);
      return transposed(x, axesOf(order, x.dims.length, call.fail));
    },
    { core: { work: () => 0, run: ([x], { perm }) => x?.transpose(perm) } },
  ),
};

const shapeOf = (x: Tensor, start = 0, end?: number): Tensor => {
  const dims = x.dims.slice(start, end);
  return longs([dims.length], dims);
};
export const Shape: Versions = {
  1: op('T:any -> int64', {}, ([x]) => shapeOf(x)),
  15: op('T:any -> int64', { start: int(0), end: int() }, ([x], { start, end }) => shapeOf(x, start, end)),
};
export const Size: Versions = { 1: op('T:any -> int64', {}, ([x]) => longs([], [x.data.length])) };
export const Identity: Versions = {
  1: op('T:any -> T', {}, ([x]) => x, { core: { work: () => 0, run: ([x]) => x } }),
  14: op('V -> V', {}, ([x]) => x),
};

export const Expand: Versions = {
  8: op(
    'T:any int64 -> T',
    {},
    ([x, shape]) => {
      const dims = broadcastDims(x.dims, integersOf(shape));
      checkSize(dims, x.type);
      return expandTo(x, dims);
    },
    {
      core: {
        work: () => 0,
        host: [1],
        run: ([x], _, call) => {
          const dims = x && broadcastDims(x.shape, hostIntegers(call, 1));
          if (dims) checkSize(dims);
          return dims && !dims.includes(0) ? x?.expand(dims) : undefined;
        },
      },
    },
  ),
};

/** Axes from the list of a node as they are, or all of them. */
export const axesOrAll = (axes: readonly number[] | undefined, rank: number, fail: Fail): number[] =>
  axes ? axes.map((axis) => axisOf(axis, rank, fail)) : Array.from({ length: rank }, (_, axis) => axis);
