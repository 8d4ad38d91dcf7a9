import type { OnnxError } from '../onnx-error.ts';
import { around, axisOf } from '../tensor/places.ts';
import { doublesOf, integersOf, longs, sizeOf, type Tensor, take } from '../tensor/tensor.ts';
import { checked, flag, int, required } from './attributes.ts';
import { op, type Versions } from './definition.ts';
import { gathered } from './move.ts';

type Fail = (reason: string) => OnnxError;
type Element = number | bigint | string;

/** Order of elements: NaN is behind every number, as in NumPy. */
const compare = (a: Element, b: Element): number => {
  if (a === b) return 0;
  const [isNan, otherIsNan] = [Number.isNaN(a), Number.isNaN(b)];
  if (isNan || otherIsNan) return Number(isNan) - Number(otherIsNan);
  return a < b ? -1 : 1;
};

/** Fewer than so many of all are picked out, more are sorted. */
const FEW = 0.1;

/** The first k of so many places in an order: those that are behind the last of k are looked at once. */
function first(length: number, k: number, isBehind: (i: number, j: number) => boolean): readonly number[] {
  if (k > FEW * length)
    return Array.from({ length }, (_, i) => i).sort((i, j) => (i === j ? 0 : isBehind(i, j) ? 1 : -1));
  const kept: number[] = [];
  for (let place = 0; place < length && k > 0; place++) {
    if (kept.length === k && isBehind(place, kept[k - 1] ?? 0)) continue;
    let at = kept.length;
    while (at > 0 && isBehind(kept[at - 1] ?? 0, place)) at--;
    kept.splice(at, 0, place);
    if (kept.length > k) kept.pop();
  }
  return kept;
}

/** The first k along an axis in order; equal ones by their place. */
function topK(x: Tensor, k: number, axis: number, isLargest: boolean, fail: Fail): Tensor[] {
  const at = axisOf(axis, x.dims.length, fail);
  const [before, length, inner] = around(x.dims, at);
  if (!(k >= 0 && k <= length)) throw fail(`its k is ${k}, and axis ${axis} has ${length}`);
  const places = new Int32Array(before * k * inner);
  const indices = new Float64Array(places.length);
  for (let outer = 0; outer < before; outer++)
    for (let lane = 0; lane < inner; lane++) {
      const base = outer * length * inner + lane;
      const value = (i: number): Element => x.data[base + i * inner] ?? 0;
      const sign = isLargest ? -1 : 1;
      const isBehind = (i: number, j: number): boolean => (sign * compare(value(i), value(j)) || i - j) > 0;
      const order = first(length, k, isBehind);
      for (let i = 0; i < k; i++) {
        const to = (outer * k + i) * inner + lane;
        places[to] = base + (order[i] ?? 0) * inner;
        indices[to] = order[i] ?? 0;
      }
    }
  const dims = x.dims.map((one, i) => (i === at ? k : one));
  return [take(x, dims, places), longs(dims, indices)];
}
const kOf = (k: Tensor, fail: Fail): number => {
  if (k.data.length !== 1) throw fail('its k is not one number');
  return integersOf(k)[0] ?? 0;
};
const sorted = op(
  'T:number int64 -> T int64',
  // What is not sorted may be in any order, also in this one.
  { axis: int(-1), largest: flag(true), sorted: flag(true) },
  ([x, k], { axis, largest }, call) => topK(x, kOf(k, call.fail), axis, largest, call.fail),
);
export const TopK: Versions = {
  1: op('T:number -> T int64', { axis: int(-1), k: required(int()) }, ([x], { axis, k }, call) =>
    topK(x, k, axis, true, call.fail),
  ),
  10: op('T:number int64 -> T int64', { axis: int(-1) }, ([x, k], { axis }, call) =>
    topK(x, kOf(k, call.fail), axis, true, call.fail),
  ),
  11: sorted,
};

/** The places of what is not zero, one column each. */
export const NonZero: Versions = {
  9: op('T:any -> int64', {}, ([x]) => {
    const found: number[] = [];
    for (let i = 0; i < x.data.length; i++) {
      const value = x.data[i];
      if (typeof value === 'string' ? value !== '' : Number(value) !== 0) found.push(i);
    }
    const rank = x.dims.length;
    return longs(
      [rank, found.length],
      x.dims.flatMap((length, axis) => {
        const inner = sizeOf(x.dims.slice(axis + 1));
        return found.map((place) => Math.floor(place / inner) % length);
      }),
    );
  }),
};

/** What is there once, of elements or of slices of an axis: sorted, or in the order of its first place. */
export const Unique: Versions = {
  11: op(
    'T:any -> T int64 int64 int64',
    { axis: int(), sorted: flag(true) },
    ([x], { axis, sorted: isSorted }, call) => {
      const flat = axis === undefined ? { ...x, dims: [x.data.length] } : x;
      const at = axisOf(axis ?? 0, flat.dims.length, call.fail);
      const [before, length, inner] = around(flat.dims, at);
      const slice = (i: number): Element[] =>
        Array.from(
          { length: before * inner },
          (_, k) => flat.data[(Math.floor(k / inner) * length + i) * inner + (k % inner)] ?? 0,
        );
      const groups = new Map<string, { first: number; count: number; slice: Element[] }>();
      const keys: string[] = [];
      for (let i = 0; i < length; i++) {
        const own = slice(i);
        // NaN equals no NaN: each is by itself. 0 and -0 are equal.
        const key = own.some(Number.isNaN)
          ? `nan ${i}`
          : own.map((one) => (typeof one === 'string' ? JSON.stringify(one) : String(one))).join();
        const group = groups.get(key);
        if (group) group.count += 1;
        else groups.set(key, { first: i, count: 1, slice: own });
        keys.push(key);
      }
      const list = [...groups.entries()];
      if (isSorted)
        list.sort(([, a], [, b]) => {
          for (let k = 0; k < a.slice.length; k++) {
            const order = compare(a.slice[k] ?? 0, b.slice[k] ?? 0);
            if (order !== 0) return order;
          }
          return 0;
        });
      const place = new Map(list.map(([key], index) => [key, index]));
      const firsts = longs(
        [list.length],
        list.map(([, { first }]) => first),
      );
      return [
        gathered(flat, firsts, at, call.fail),
        firsts,
        longs(
          [length],
          keys.map((key) => place.get(key) ?? 0),
        ),
        longs(
          [list.length],
          list.map(([, { count }]) => count),
        ),
      ];
    },
  ),
};

/** Boxes by falling score, without those that overlap one that is kept. */
function suppressed(
  [boxes, scores, most, overlap, least]: readonly [
    Tensor,
    Tensor,
    Tensor | undefined,
    Tensor | undefined,
    Tensor | undefined,
  ],
  isCentred: boolean,
  fail: Fail,
): Tensor {
  const [batches = 0, count = 0, four = 0] = boxes.dims;
  const [, classes = 0] = scores.dims;
  if (four !== 4 || scores.dims[2] !== count || scores.dims[0] !== batches)
    throw fail(`boxes [${boxes.dims}] and scores [${scores.dims}] do not fit`);
  const [box, score] = [doublesOf(boxes), doublesOf(scores)];
  const limit = most ? (integersOf(most)[0] ?? 0) : 0;
  const threshold = overlap ? Number(overlap.data[0] ?? 0) : 0;
  const lowest = least ? Number(least.data[0] ?? 0) : Number.NEGATIVE_INFINITY;
  const corners = (at: number): [number, number, number, number] => {
    const [a = 0, b = 0, c = 0, d = 0] = box.subarray(at * 4, at * 4 + 4);
    if (isCentred) return [b - d / 2, a - c / 2, b + d / 2, a + c / 2];
    return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
  };
  const share = (
    one: readonly [number, number, number, number],
    other: readonly [number, number, number, number],
  ): number => {
    const height = Math.max(0, Math.min(one[2], other[2]) - Math.max(one[0], other[0]));
    const width = Math.max(0, Math.min(one[3], other[3]) - Math.max(one[1], other[1]));
    const area = ([top, left, bottom, right]: readonly [number, number, number, number]): number =>
      (bottom - top) * (right - left);
    const union = area(one) + area(other) - height * width;
    return union <= 0 ? 0 : (height * width) / union;
  };
  const found: number[] = [];
  for (let batch = 0; batch < batches; batch++)
    for (let kind = 0; kind < classes; kind++) {
      const at = (i: number): number => score[(batch * classes + kind) * count + i] ?? 0;
      const order = Array.from({ length: count }, (_, i) => i).filter((i) => !least || at(i) > lowest);
      order.sort((i, j) => at(j) - at(i) || i - j);
      const kept: (readonly [number, number, number, number])[] = [];
      for (const i of order) {
        if (kept.length >= limit) break;
        const own = corners(batch * count + i);
        if (kept.some((other) => share(own, other) > threshold)) continue;
        kept.push(own);
        found.push(batch, kind, i);
      }
    }
  return longs([found.length / 3, 3], found);
}
export const NonMaxSuppression: Versions = {
  10: op(
    'float32 float32 int64? float32? float32? -> int64',
    { center_point_box: checked(int(0), (value) => value === 0 || value === 1, '0 or 1') },
    (inputs, { center_point_box }, call) => suppressed(inputs, center_point_box === 1, call.fail),
  ),
};
