import { multiplyIntegers, type PackedColumns, packColumns } from '../integer/product.ts';
import type { OnnxError } from '../onnx-error.ts';
import { broadcastPlaces } from '../tensor/places.ts';
import { doublesOf, sizeOf, type Tensor, wideOf } from '../tensor/tensor.ts';
import { matricesOf, product } from './matrix.ts';

type Fail = (reason: string) => OnnxError;

/** The shape by which the zero points or scales of a left matrix stand for its rows, those of a right one for its columns. */
export const ofRows = (zero: Tensor): readonly number[] =>
  zero.dims.length === 1 ? [...zero.dims, 1] : zero.dims;

/** The zero point of an element: one for all, or one for each row (axis -2 of a left matrix), column or output. */
export function zeroOf(
  x: Tensor,
  zero: Tensor | undefined,
  dims: readonly number[],
): number | ((i: number) => number) {
  if (!zero) return 0;
  const zeros = doublesOf(zero);
  if (zeros.length === 1) return zeros[0] ?? 0;
  const places = broadcastPlaces(dims, x.dims);
  return (i) => zeros[places ? (places[i] ?? 0) : i] ?? 0;
}

/** Integers of 8 bits less their zero points. */
export function shorts(x: Tensor, zero: Tensor | undefined, dims: readonly number[]): Int16Array {
  const shift = zeroOf(x, zero, dims);
  const values = doublesOf(x);
  const out = new Int16Array(values.length);
  if (typeof shift === 'number') for (let i = 0; i < out.length; i++) out[i] = (values[i] ?? 0) - shift;
  else for (let i = 0; i < out.length; i++) out[i] = (values[i] ?? 0) - shift(i);
  return out;
}

/** What was packed of a right side for its zero points: weights are the same tensor in every run. */
const packed = new WeakMap<
  Tensor,
  { readonly zero: Tensor | undefined; readonly byPlace: Map<number, PackedColumns> }
>();

/**
 * The sums of a product of 8-bit integers less their zero points, in 32 bits that wrap.
 *
 * @throws the error that `fail` makes where the sides do not multiply
 */
export function integerProduct(
  a: Tensor,
  b: Tensor,
  aZero: Tensor | undefined,
  bZero: Tensor | undefined,
  fail: Fail,
): { readonly dims: readonly number[]; readonly sums: Int32Array } {
  const matrices = matricesOf(a.dims, b.dims);
  if (typeof matrices === 'string') throw fail(matrices);
  const { dims, rows, inner, columns, left, right } = matrices;
  const sums = new Int32Array(sizeOf(dims));
  const values = shorts(a, aZero, aZero ? ofRows(aZero) : []);
  let known = packed.get(b);
  if (!known || known.zero !== bZero) {
    known = { zero: bZero, byPlace: new Map() };
    packed.set(b, known);
  }
  // One matrix for all is a weight.
  const isKept = b.dims.length === 2;
  for (let batch = 0; batch < left.length; batch++) {
    const [from, other] = [left[batch] ?? 0, right[batch] ?? 0];
    let side = known.byPlace.get(other);
    if (!side) {
      const codes = doublesOf(b);
      const shift = zeroOf(b, bZero, bZero?.dims ?? []);
      side = packColumns(
        inner,
        columns,
        (at, column) => {
          const place = other + at * columns + column;
          return (codes[place] ?? 0) - (typeof shift === 'number' ? shift : shift(place));
        },
        isKept,
      );
      known.byPlace.set(other, side);
    }
    multiplyIntegers(values.subarray(from, from + rows * inner), rows, side, sums, batch * rows * columns);
  }
  return { dims, sums };
}

/** As `integerProduct`, of 8-bit floats: their sums are those of doubles. */
export function doubleProduct(
  a: Tensor,
  b: Tensor,
  aZero: Tensor | undefined,
  bZero: Tensor | undefined,
  fail: Fail,
): { readonly dims: readonly number[]; readonly sums: Float64Array } {
  const matrices = matricesOf(a.dims, b.dims);
  if (typeof matrices === 'string') throw fail(matrices);
  const sums = new Float64Array(sizeOf(matrices.dims));
  const shifted = (x: Tensor, zero: Tensor | undefined, dims: readonly number[]): Float64Array => {
    const shift = zeroOf(x, zero, dims);
    return wideOf(x).map((value, i) => value - (typeof shift === 'number' ? shift : shift(i)));
  };
  product(
    shifted(a, aZero, aZero ? ofRows(aZero) : []),
    shifted(b, bZero, bZero?.dims ?? []),
    sums,
    matrices,
  );
  return { dims: matrices.dims, sums };
}
