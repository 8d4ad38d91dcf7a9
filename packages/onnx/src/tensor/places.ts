import { OnnxError } from '../onnx-error.ts';
import { checkSize, make, newData, sizeOf, type Tensor, take } from './tensor.ts';

/** Steps in memory from one element to the next along each axis, in row-major order. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] ?? 1) * (dims[axis + 1] ?? 1);
  return strides;
}

/** Where in memory each element of a strided view is. */
export function placesOf(dims: readonly number[], strides: readonly number[], offset = 0): Int32Array {
  const size = checkSize(dims);
  const places = new Int32Array(size);
  if (size === 0) return places;
  // The view grows axis by axis from the last: what is there is repeated, moved by the axis's stride.
  places[0] = offset;
  let filled = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const length = dims[axis] ?? 1;
    const stride = strides[axis] ?? 0;
    for (let step = 1; step < length; step++) {
      const moved = step * stride;
      const at = step * filled;
      for (let i = 0; i < filled; i++) places[at + i] = (places[i] ?? 0) + moved;
    }
    filled *= length;
  }
  return places;
}

export const view = (x: Tensor, dims: readonly number[], strides: readonly number[], offset = 0): Tensor =>
  take(x, dims, placesOf(dims, strides, offset));

/** The shape that shapes broadcast to, from the last axis on. @throws TRS_ONNX_SHAPE */
export function broadcastDims(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((dims) => dims.length));
  return Array.from({ length: rank }, (_, axis) => {
    let length = 1;
    for (const dims of shapes) {
      const own = dims[axis - rank + dims.length] ?? 1;
      if (own === 1 || own === length) continue;
      if (length !== 1) {
        throw new OnnxError(
          'SHAPE',
          `The shapes ${shapes.map((one) => `[${one.join(', ')}]`).join(' and ')} do not broadcast.`,
          'Lengths at the same axis from the end are equal, or one is 1.',
        );
      }
      length = own;
    }
    return length;
  });
}

/** Strides by which a tensor of one shape is read as if it had another that it broadcasts to. */
export function broadcastStrides(dims: readonly number[], to: readonly number[]): number[] {
  const own = stridesOf(dims);
  const skipped = to.length - dims.length;
  return to.map((_, axis) => (axis < skipped || dims[axis - skipped] === 1 ? 0 : (own[axis - skipped] ?? 0)));
}

/** Where each element of the broadcast shape lies in the tensor; undefined where that is the order of memory. */
export function broadcastPlaces(dims: readonly number[], to: readonly number[]): Int32Array | undefined {
  if (sizeOf(dims) === sizeOf(to)) return undefined;
  return placesOf(to, broadcastStrides(dims, to));
}

export function expandTo(x: Tensor, dims: readonly number[]): Tensor {
  const places = broadcastPlaces(x.dims, dims);
  return places ? take(x, dims, places) : { ...x, dims };
}

export function transposed(x: Tensor, permutation: readonly number[]): Tensor {
  if (permutation.every((axis, at) => axis === at)) return x;
  const strides = stridesOf(x.dims);
  return view(
    x,
    permutation.map((axis) => x.dims[axis] ?? 1),
    permutation.map((axis) => strides[axis] ?? 1),
  );
}

/** An axis counted from the front. @throws the error that `fail` makes */
export function axisOf(axis: number, rank: number, fail: (reason: string) => OnnxError): number {
  const at = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(at) && at >= 0 && at < rank) return at;
  throw fail(`axis ${axis} is none of the ${rank} axes`);
}

export const axesOf = (
  axes: readonly number[],
  rank: number,
  fail: (reason: string) => OnnxError,
): number[] => {
  const found = axes.map((axis) => axisOf(axis, rank, fail));
  if (new Set(found).size !== found.length) throw fail(`its axes ${axes.join(', ')} name one axis twice`);
  return found;
};

/** A tensor as rows along some of its axes: `places` (undefined for the order of memory) lists row after row. */
export interface Rows {
  /** Lengths of the axes that remain, and of those that the rows run along. */
  readonly kept: readonly number[];
  readonly count: number;
  readonly length: number;
  readonly places: Int32Array | undefined;
}

export function rowsAlong(dims: readonly number[], axes: readonly number[]): Rows {
  const rest = dims.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...rest, ...axes];
  const strides = stridesOf(dims);
  const kept = rest.map((axis) => dims[axis] ?? 1);
  const length = sizeOf(axes.map((axis) => dims[axis] ?? 1));
  const isInOrder = order.every((axis, at) => axis === at);
  return {
    kept,
    count: sizeOf(kept),
    length,
    places: isInOrder
      ? undefined
      : placesOf(
          order.map((axis) => dims[axis] ?? 1),
          order.map((axis) => strides[axis] ?? 1),
        ),
  };
}

/** Lengths before an axis, at it, and behind it, multiplied. */
export function around(dims: readonly number[], axis: number): readonly [number, number, number] {
  return [sizeOf(dims.slice(0, axis)), dims[axis] ?? 1, sizeOf(dims.slice(axis + 1))];
}

/** Tensors of one type behind each other along an axis. */
export function concatenated(parts: readonly Tensor[], axis: number): Tensor {
  const [first] = parts;
  if (!first) throw new TypeError('nothing to concatenate');
  const dims = first.dims.map((length, at) =>
    at === axis ? parts.reduce((sum, part) => sum + (part.dims[axis] ?? 0), 0) : length,
  );
  const size = checkSize(dims, first.type);
  const [before, , inner] = around(dims, axis);
  const out = newData(first.type, size);
  const row = (dims[axis] ?? 0) * inner;
  let offset = 0;
  for (const part of parts) {
    const width = (part.dims[axis] ?? 0) * inner;
    for (let at = 0; at < before; at++) copyInto(out, at * row + offset, part.data, at * width, width);
    offset += width;
  }
  return make(first.type, dims, out);
}

/** Copies elements of one array into another of its kind. */
export function copyInto(
  out: Tensor['data'],
  at: number,
  from: Tensor['data'],
  start: number,
  count: number,
): void {
  if (Array.isArray(out) || Array.isArray(from)) {
    for (let i = 0; i < count; i++) (out as unknown[])[at + i] = from[start + i];
    return;
  }
  // Both arrays are of one kind: tensors of one element type.
  const target = out as Float32Array;
  const source = from as Float32Array;
  if (count < 16) for (let i = 0; i < count; i++) target[at + i] = source[start + i] ?? 0;
  else target.set(source.subarray(start, start + count), at);
}
