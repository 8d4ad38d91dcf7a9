import type { ElementType } from '../format/element-types.ts';
import { broadcastDims, broadcastPlaces } from './places.ts';
import {
  type BigArray,
  doublesOf,
  fit,
  isBig,
  isText,
  make,
  type NumberArray,
  newData,
  type Tensor,
} from './tensor.ts';

/** Work on one pair of elements: in doubles, and in 64-bit integers. */
export interface PairKernel {
  readonly number: (a: number, b: number) => number;
  readonly big: (a: bigint, b: bigint) => bigint;
  /** For 32-bit integers, where a double is too narrow. */
  readonly integer?: (a: number, b: number) => number;
}

// Math.max and Math.min take no bigint.
export const largerBig = (a: bigint, b: bigint): bigint => (a > b ? a : b);
export const smallerBig = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Two tensors of one type, broadcast, into the same type. */
export function pairwise(a: Tensor, b: Tensor, kernel: PairKernel): Tensor {
  const dims = broadcastDims(a.dims, b.dims);
  const out = newData(
    a.type,
    dims.reduce((size, length) => size * length, 1),
  );
  const [left, right] = [broadcastPlaces(a.dims, dims), broadcastPlaces(b.dims, dims)];
  if (isBig(a.data) && isBig(b.data) && isBig(out)) loopBig(a.data, b.data, out, left, right, kernel.big);
  else if (!isBig(out) && !isText(out)) {
    const isWide = a.type === 'int32' || a.type === 'uint32';
    const fn = (isWide && kernel.integer) || kernel.number;
    const [x, y] = [doublesOf(a), doublesOf(b)];
    if (x instanceof Float32Array && y instanceof Float32Array && out instanceof Float32Array)
      loopFloat(x, y, out, left, right, fn);
    else loopNumber(x, y, out, left, right, fn);
    fit(a.type, out);
  }
  return make(a.type, dims, out);
}

type Places = Int32Array | undefined;

function loopFloat(
  a: Float32Array,
  b: Float32Array,
  out: Float32Array,
  left: Places,
  right: Places,
  fn: (a: number, b: number) => number,
): void {
  for (let i = 0; i < out.length; i++)
    out[i] = fn(a[left ? (left[i] ?? 0) : i] ?? 0, b[right ? (right[i] ?? 0) : i] ?? 0);
}

// The same loop for all other arrays: one of a single kind of array is several times as fast.
function loopNumber(
  a: NumberArray,
  b: NumberArray,
  out: NumberArray,
  left: Places,
  right: Places,
  fn: (a: number, b: number) => number,
): void {
  for (let i = 0; i < out.length; i++)
    out[i] = fn(a[left ? (left[i] ?? 0) : i] ?? 0, b[right ? (right[i] ?? 0) : i] ?? 0);
}

function loopBig(
  a: BigArray,
  b: BigArray,
  out: BigArray,
  left: Places,
  right: Places,
  fn: (a: bigint, b: bigint) => bigint,
): void {
  for (let i = 0; i < out.length; i++)
    out[i] = fn(a[left ? (left[i] ?? 0) : i] ?? 0n, b[right ? (right[i] ?? 0) : i] ?? 0n);
}

/** Two tensors of one type, broadcast, compared. */
export function compared(
  a: Tensor,
  b: Tensor,
  fn: (a: number | bigint | string, b: number | bigint | string) => boolean,
): Tensor {
  const dims = broadcastDims(a.dims, b.dims);
  const out = newData(
    'bool',
    dims.reduce((size, length) => size * length, 1),
  );
  const [left, right] = [broadcastPlaces(a.dims, dims), broadcastPlaces(b.dims, dims)];
  for (let i = 0; i < out.length; i++) {
    const x = a.data[left ? (left[i] ?? 0) : i] ?? 0;
    out[i] = fn(x, b.data[right ? (right[i] ?? 0) : i] ?? 0) ? 1 : 0;
  }
  return make('bool', dims, out);
}

/** Each element by itself, into the same type. */
export function mapped(x: Tensor, number: (x: number) => number, big?: (x: bigint) => bigint): Tensor {
  const out = newData(x.type, x.data.length);
  if (isBig(x.data) && isBig(out)) {
    const fn = big ?? ((value: bigint) => BigInt(Math.trunc(number(Number(value)))));
    for (let i = 0; i < out.length; i++) out[i] = fn(x.data[i] ?? 0n);
  } else if (x.data instanceof Float32Array && out instanceof Float32Array) {
    const { data } = x;
    for (let i = 0; i < out.length; i++) out[i] = number(data[i] ?? 0);
    fit(x.type, out);
  } else if (!isBig(out) && !isText(out)) {
    const data = doublesOf(x);
    for (let i = 0; i < out.length; i++) out[i] = number(data[i] ?? 0);
    fit(x.type, out);
  }
  return make(x.type, x.dims, out);
}

/** Each element by itself, a question. */
export function asked(x: Tensor, fn: (x: number) => boolean): Tensor {
  const data = doublesOf(x);
  const out = new Uint8Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = fn(data[i] ?? 0) ? 1 : 0;
  return make('bool', x.dims, out);
}

export const floatLike = (type: ElementType): boolean => type.startsWith('float') || type === 'bfloat16';
