import type { OnnxError } from '../onnx-error.ts';
import { largerBig, smallerBig } from '../tensor/elementwise.ts';
import { axisOf, copyInto, stridesOf } from '../tensor/places.ts';
import {
  fit,
  integersOf,
  isBig,
  isText,
  make,
  newData,
  sizeOf,
  type Tensor,
  take,
} from '../tensor/tensor.ts';
import { choice, int } from './attributes.ts';
import { type Given, op, type Versions } from './definition.ts';

type Fail = (reason: string) => OnnxError;
type Reduce = 'none' | 'add' | 'mul' | 'max' | 'min';

const placeOn = (index: number, length: number, fail: Fail): number => {
  const at = index < 0 ? index + length : index;
  if (at >= 0 && at < length) return at;
  throw fail(`an index is ${index}, and the axis has ${length}`);
};

/** Element by element: where it lies in `dims`, with its place on one axis taken from the indices. */
function placesAlong(dims: readonly number[], indices: Tensor, axis: number, fail: Fail): Int32Array {
  const strides = stridesOf(dims);
  const own = stridesOf(indices.dims);
  const list = integersOf(indices);
  const places = new Int32Array(list.length);
  for (let i = 0; i < list.length; i++) {
    let place = placeOn(list[i] ?? 0, dims[axis] ?? 0, fail) * (strides[axis] ?? 1);
    for (let other = 0; other < dims.length; other++)
      if (other !== axis)
        place += (Math.floor(i / (own[other] ?? 1)) % (indices.dims[other] ?? 1)) * (strides[other] ?? 1);
    places[i] = place;
  }
  return places;
}

function checkWithin(x: Tensor, indices: Tensor, axis: number, fail: Fail): void {
  const isFitting =
    indices.dims.length === x.dims.length &&
    indices.dims.every((length, at) => at === axis || length <= (x.dims[at] ?? 0));
  if (!isFitting) throw fail(`indices [${indices.dims.join(', ')}] do not fit [${x.dims.join(', ')}]`);
}

export const GatherElements: Versions = {
  11: op('T:any I:index -> T', { axis: int(0) }, ([x, indices], { axis }, call) => {
    const at = axisOf(axis, x.dims.length, call.fail);
    checkWithin(x, indices, at, call.fail);
    return take(x, indices.dims, placesAlong(x.dims, indices, at, call.fail));
  }),
};

/** Where the slices begin that rows of indices name, and how long they are. */
function slicesAt(
  dims: readonly number[],
  indices: Tensor,
  skipped: number,
  fail: Fail,
): readonly [Int32Array, number] {
  const depth = indices.dims.at(-1) ?? 0;
  if (depth + skipped > dims.length) throw fail(`indices of ${depth} places do not fit [${dims.join(', ')}]`);
  const strides = stridesOf(dims);
  const list = integersOf(indices);
  const count = sizeOf(indices.dims.slice(0, -1));
  const perBatch = count / Math.max(1, sizeOf(dims.slice(0, skipped)));
  const batchSize = sizeOf(dims.slice(skipped));
  const starts = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    let start = skipped > 0 ? Math.floor(row / perBatch) * batchSize : 0;
    for (let i = 0; i < depth; i++)
      start +=
        placeOn(list[row * depth + i] ?? 0, dims[skipped + i] ?? 0, fail) * (strides[skipped + i] ?? 1);
    starts[row] = start;
  }
  return [starts, sizeOf(dims.slice(skipped + depth))];
}

function gatherNd(x: Tensor, indices: Tensor, batch: number, fail: Fail): Tensor {
  if (indices.dims.length === 0 || batch < 0 || batch >= indices.dims.length)
    throw fail('its indices have too few axes');
  const [starts, length] = slicesAt(x.dims, indices, batch, fail);
  const dims = [...indices.dims.slice(0, -1), ...x.dims.slice(batch + (indices.dims.at(-1) ?? 0))];
  const places = new Int32Array(starts.length * length);
  for (let row = 0; row < starts.length; row++)
    for (let i = 0; i < length; i++) places[row * length + i] = (starts[row] ?? 0) + i;
  return take(x, dims, places);
}
export const GatherND: Versions = {
  11: op('T:any int64 -> T', {}, ([x, indices], _, call) => gatherNd(x, indices, 0, call.fail)),
  12: op('T:any int64 -> T', { batch_dims: int(0) }, ([x, indices], { batch_dims }, call) =>
    gatherNd(x, indices, batch_dims, call.fail),
  ),
};

const NUMBER: Readonly<Record<Exclude<Reduce, 'none'>, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  mul: (a, b) => a * b,
  max: Math.max,
  min: Math.min,
};
const BIG: Readonly<Record<Exclude<Reduce, 'none'>, (a: bigint, b: bigint) => bigint>> = {
  add: (a, b) => a + b,
  mul: (a, b) => a * b,
  max: largerBig,
  min: smallerBig,
};

const textless = (
  { reduction }: { readonly reduction: Reduce },
  _count: number,
  { types: [type] }: Given,
): string | undefined =>
  type === 'string' && reduction !== 'none' ? `texts have no ${reduction}` : undefined;

/** Writes updates to places of a copy, over what is there or combined with it. */
function scattered(x: Tensor, places: Int32Array, updates: Tensor, reduce: Reduce, fail: Fail): Tensor {
  const out = newData(x.type, x.data.length) as Tensor['data'];
  copyInto(out, 0, x.data, 0, x.data.length);
  const { data } = updates;
  if (isText(out) || isText(data)) {
    if (reduce !== 'none') throw fail(`texts have no ${reduce}`);
    const list = [...x.data] as string[];
    for (let i = 0; i < places.length; i++) list[places[i] ?? 0] = String(data[i]);
    return make(x.type, x.dims, list);
  }
  if (isBig(out) && isBig(data)) {
    const fn = reduce === 'none' ? (_: bigint, b: bigint) => b : BIG[reduce];
    for (let i = 0; i < places.length; i++)
      out[places[i] ?? 0] = fn(out[places[i] ?? 0] ?? 0n, data[i] ?? 0n);
  } else if (!isBig(out) && !isBig(data)) {
    const fn = reduce === 'none' ? (_: number, b: number) => b : NUMBER[reduce];
    for (let i = 0; i < places.length; i++) out[places[i] ?? 0] = fn(out[places[i] ?? 0] ?? 0, data[i] ?? 0);
    if (reduce !== 'none') fit(x.type, out);
  }
  return make(x.type, x.dims, out);
}

function scatterElements(
  x: Tensor,
  indices: Tensor,
  updates: Tensor,
  axis: number,
  reduce: Reduce,
  fail: Fail,
): Tensor {
  const at = axisOf(axis, x.dims.length, fail);
  checkWithin(x, indices, at, fail);
  if (updates.dims.join() !== indices.dims.join()) throw fail('its updates and indices differ in shape');
  return scattered(x, placesAlong(x.dims, indices, at, fail), updates, reduce, fail);
}
const overwrite = op('T:any I:index T -> T', { axis: int(0) }, ([x, indices, updates], { axis }, call) =>
  scatterElements(x, indices, updates, axis, 'none', call.fail),
);
export const Scatter: Versions = { 9: overwrite, 11: undefined };
export const ScatterElements: Versions = {
  11: overwrite,
  16: op(
    'T:any I:index T -> T',
    { axis: int(0), reduction: choice('none', 'add', 'mul') },
    ([x, indices, updates], { axis, reduction }, call) =>
      scatterElements(x, indices, updates, axis, reduction, call.fail),
    { refuse: textless },
  ),
  18: op(
    'T:any I:index T -> T',
    { axis: int(0), reduction: choice('none', 'add', 'mul', 'max', 'min') },
    ([x, indices, updates], { axis, reduction }, call) =>
      scatterElements(x, indices, updates, axis, reduction, call.fail),
    { refuse: textless },
  ),
};

function scatterNd(x: Tensor, indices: Tensor, updates: Tensor, reduce: Reduce, fail: Fail): Tensor {
  const [starts, length] = slicesAt(x.dims, indices, 0, fail);
  const wanted = [...indices.dims.slice(0, -1), ...x.dims.slice(indices.dims.at(-1) ?? 0)];
  if (updates.dims.join() !== wanted.join())
    throw fail(`its updates are [${updates.dims.join(', ')}], and must be [${wanted.join(', ')}]`);
  const places = new Int32Array(starts.length * length);
  for (let row = 0; row < starts.length; row++)
    for (let i = 0; i < length; i++) places[row * length + i] = (starts[row] ?? 0) + i;
  return scattered(x, places, updates, reduce, fail);
}
export const ScatterND: Versions = {
  11: op('T:any int64 T -> T', {}, ([x, indices, updates], _, call) =>
    scatterNd(x, indices, updates, 'none', call.fail),
  ),
  16: op(
    'T:any int64 T -> T',
    { reduction: choice('none', 'add', 'mul') },
    ([x, indices, updates], { reduction }, call) => scatterNd(x, indices, updates, reduction, call.fail),
    { refuse: textless },
  ),
  18: op(
    'T:any int64 T -> T',
    { reduction: choice('none', 'add', 'mul', 'max', 'min') },
    ([x, indices, updates], { reduction }, call) => scatterNd(x, indices, updates, reduction, call.fail),
    { refuse: textless },
  ),
};

/** Writes the keys or values of new positions into a cache, in a line or round and round. */
export const TensorScatter: Versions = {
  24: op(
    'T:any T int64? -> T',
    { axis: int(-2), mode: choice('linear', 'circular') },
    ([cache, update, indices], { axis, mode }, call) => {
      const at = axisOf(axis, cache.dims.length, call.fail);
      if (at === 0) throw call.fail('axis 0 is the batch');
      const isFitting =
        cache.dims.length === update.dims.length &&
        update.dims.every((length, i) =>
          i === at ? length <= (cache.dims[i] ?? 0) : length === cache.dims[i],
        );
      if (!isFitting) throw call.fail(`[${update.dims.join(', ')}] does not fit [${cache.dims.join(', ')}]`);
      const starts = indices ? integersOf(indices) : [];
      const strides = stridesOf(cache.dims);
      const own = stridesOf(update.dims);
      const length = cache.dims[at] ?? 1;
      const places = new Int32Array(update.data.length);
      for (let i = 0; i < places.length; i++) {
        let place = 0;
        for (let other = 0; other < cache.dims.length; other++) {
          let k = Math.floor(i / (own[other] ?? 1)) % (update.dims[other] ?? 1);
          if (other === at) {
            k += starts[Math.floor(i / (own[0] ?? 1))] ?? 0;
            if (mode === 'circular') k %= length;
            if (k >= length || k < 0) throw call.fail(`position ${k} is outside the ${length} of the cache`);
          }
          place += k * (strides[other] ?? 1);
        }
        places[i] = place;
      }
      return scattered(cache, places, update, 'none', call.fail);
    },
  ),
};
