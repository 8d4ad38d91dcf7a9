import { type Tensor as CoreTensor, inPanels } from '@trestle/core';
import { floatLike } from '../tensor/elementwise.ts';
import { broadcastDims, broadcastPlaces, placesOf } from '../tensor/places.ts';
import {
  type BigArray,
  doublesOf,
  fit,
  isBig,
  isText,
  make,
  newData,
  sizeOf,
  type Tensor,
  wideOf,
} from '../tensor/tensor.ts';
import { flag, float } from './attributes.ts';
import { type Call, op, type Versions } from './definition.ts';

export interface Matrices {
  readonly dims: readonly number[];
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  /** Where the matrices of each entry of the batch begin. */
  readonly left: Int32Array;
  readonly right: Int32Array;
}

/** How two tensors are multiplied as NumPy's matmul does it: vectors count as rows and columns. */
export function matricesOf(a: readonly number[], b: readonly number[]): Matrices | string {
  if (a.length === 0 || b.length === 0) return 'a scalar is no matrix';
  const [left, right] = [a.length === 1 ? [1, ...a] : a, b.length === 1 ? [...b, 1] : b];
  const [rows = 1, inner = 1] = left.slice(-2);
  const [depth = 1, columns = 1] = right.slice(-2);
  if (inner !== depth) return `[${a.join(', ')}] and [${b.join(', ')}] do not multiply`;
  const batch = broadcastDims(left.slice(0, -2), right.slice(0, -2));
  const starts = (dims: readonly number[], size: number): Int32Array =>
    (broadcastPlaces(dims, batch) ?? placesOf([sizeOf(batch)], [1])).map((at) => at * size);
  return {
    dims: [...batch, ...(a.length === 1 ? [] : [rows]), ...(b.length === 1 ? [] : [columns])],
    rows,
    inner,
    columns,
    left: starts(left.slice(0, -2), rows * inner),
    right: starts(right.slice(0, -2), inner * columns),
  };
}

/** Whether all numbers of a right side are finite: then a zero on the left has no part in a sum. Weights are asked once. */
const finite = new WeakMap<Float64Array, boolean>();
function isAllFinite(b: Float64Array): boolean {
  const known = finite.get(b) ?? b.every(Number.isFinite);
  finite.set(b, known);
  return known;
}

/**
 * Rows times columns: sums in doubles, so that neither order nor length costs digits of a float32.
 *
 * @param isKept whether the right side may be there again, so that it pays to look through it
 */
export function product(
  a: Float64Array,
  b: Float64Array,
  out: { [at: number]: number },
  { rows, inner, columns, left, right }: Matrices,
  isKept = false,
): void {
  const line = new Float64Array(columns);
  const skipsZeros = isKept && isAllFinite(b);
  for (let batch = 0; batch < left.length; batch++) {
    const [from, other] = [left[batch] ?? 0, right[batch] ?? 0];
    for (let row = 0; row < rows; row++) {
      line.fill(0);
      for (let k = 0; k < inner; k++) {
        const x = a[from + row * inner + k] ?? 0;
        // Rows of categories are zeros but for one place of each.
        if (x === 0 && skipsZeros) continue;
        const at = other + k * columns;
        for (let column = 0; column < columns; column++)
          line[column] = (line[column] ?? 0) + x * (b[at + column] ?? 0);
      }
      const to = (batch * rows + row) * columns;
      for (let column = 0; column < columns; column++) out[to + column] = line[column] ?? 0;
    }
  }
}

function bigProduct(
  a: BigArray,
  b: BigArray,
  out: BigArray,
  { rows, inner, columns, left, right }: Matrices,
): void {
  for (let batch = 0; batch < left.length; batch++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        let sum = 0n;
        for (let k = 0; k < inner; k++)
          sum +=
            (a[(left[batch] ?? 0) + row * inner + k] ?? 0n) *
            (b[(right[batch] ?? 0) + k * columns + column] ?? 0n);
        out[(batch * rows + row) * columns + column] = sum;
      }
}

const doubles = (x: Tensor): Float64Array => (x.data instanceof Float64Array ? x.data : wideOf(x));

export function multiplied(a: Tensor, b: Tensor, fail: (reason: string) => Error): Tensor {
  const matrices = matricesOf(a.dims, b.dims);
  if (typeof matrices === 'string') throw fail(matrices);
  const out = newData(a.type, sizeOf(matrices.dims)) as Tensor['data'];
  if (isBig(a.data) && isBig(b.data) && isBig(out)) bigProduct(a.data, b.data, out, matrices);
  else if (!isBig(out) && !isText(out)) {
    // Those of float64 are taken as they lie, and may be weights.
    if (floatLike(a.type)) product(doubles(a), doubles(b), out, matrices, b.data instanceof Float64Array);
    else {
      // A product of 32-bit integers does not fit a double.
      const wide = new BigInt64Array(out.length);
      bigProduct(
        BigInt64Array.from(doublesOf(a), BigInt),
        BigInt64Array.from(doublesOf(b), BigInt),
        wide,
        matrices,
      );
      for (let i = 0; i < out.length; i++) out[i] = Number(BigInt.asIntN(32, wide[i] ?? 0n));
    }
    fit(a.type, out);
  }
  return make(a.type, matrices.dims, out);
}

const workOf = ([a = [], b = []]: readonly (readonly number[])[]): number => sizeOf(a) * (b.at(-1) ?? 1);

const rowsOf = (dims: readonly number[]): number => sizeOf(dims.slice(0, -1));

export const MatMul: Versions = {
  1: op('T:number T -> T', {}, ([a, b], _, call) => multiplied(a, b, call.fail), {
    core: {
      work: workOf,
      pack: (index, weight, [a = []]) =>
        index === 1 && weight.rank === 2 && rowsOf(a) > 1 ? inPanels(weight) : undefined,
      run: ([a, given], _, call) => {
        const b = call.packed(1) ?? given;
        return a && b && a.rank > 1 && b.rank > 1 ? a.matmul(b) : undefined;
      },
    },
  }),
};

interface GemmOptions {
  readonly alpha: number;
  readonly beta: number;
  readonly transA: boolean;
  readonly transB: boolean;
}
const GEMM = { alpha: float(1), beta: float(1), transA: flag(false), transB: flag(false) };

const FEW_ROWS = 4;
const NOTHING = new Float64Array(0);

/** A loop of its own over one kind of array, which is several times as fast as over any. */
function addTo(line: Float64Array, factor: number, values: Float32Array, from: number): void {
  for (let at = 0; at < line.length; at++) line[at] = (line[at] ?? 0) + factor * (values[from + at] ?? 0);
}

/** alpha A B + beta C, summed in doubles and rounded once. C counts for nothing where beta is 0. */
function gemm(
  a: Tensor,
  b: Tensor,
  c: Tensor | undefined,
  options: GemmOptions,
  fail: (reason: string) => Error,
): Tensor {
  const { alpha, beta, transA, transB } = options;
  if (a.dims.length !== 2 || b.dims.length !== 2) throw fail('its inputs are no matrices');
  const [rows = 0, inner = 0] = transA ? a.dims.toReversed() : a.dims;
  const [depth = 0, columns = 0] = transB ? b.dims.toReversed() : b.dims;
  if (inner !== depth) throw fail(`[${a.dims.join(', ')}] and [${b.dims.join(', ')}] do not multiply`);
  const dims = [rows, columns];
  const bias = c && beta !== 0 ? c : undefined;
  if (c && broadcastDims(c.dims, dims).join() !== dims.join())
    throw fail(`C [${c.dims.join(', ')}] is not [${dims.join(', ')}]`);
  const places = bias && broadcastPlaces(bias.dims, dims);
  const out = newData(a.type, rows * columns) as Tensor['data'];
  if (isBig(out) || !floatLike(a.type)) {
    if (alpha !== Math.trunc(alpha) || beta !== Math.trunc(beta))
      throw fail('alpha and beta are no integers, and its inputs are');
    const at = (x: Tensor, i: number): bigint => BigInt(x.data[i] ?? 0);
    for (let i = 0; i < rows * columns; i++) {
      const [row, column] = [Math.floor(i / columns), i % columns];
      let sum = 0n;
      for (let k = 0; k < inner; k++)
        sum +=
          at(a, transA ? k * rows + row : row * inner + k) *
          at(b, transB ? column * inner + k : k * columns + column);
      sum = sum * BigInt(alpha) + (bias ? at(bias, places ? (places[i] ?? 0) : i) * BigInt(beta) : 0n);
      if (isBig(out)) out[i] = sum;
      else if (!isText(out)) out[i] = Number(BigInt.asIntN(32, sum));
    }
    return make(a.type, dims, out);
  }
  if (isText(out)) throw fail('texts are no numbers');
  const x = wideOf(a);
  // Of a few rows making the weights wide would take as long as the product.
  const narrow = rows <= FEW_ROWS && !transB && b.data instanceof Float32Array ? b.data : undefined;
  const y = narrow ? NOTHING : wideOf(b);
  const rest = bias && doublesOf(bias);
  const line = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    line.fill(0);
    for (let k = 0; k < inner; k++) {
      const value = x[transA ? k * rows + row : row * inner + k] ?? 0;
      if (narrow) addTo(line, value, narrow, k * columns);
      else if (transB)
        for (let column = 0; column < columns; column++)
          line[column] = (line[column] ?? 0) + value * (y[column * inner + k] ?? 0);
      else
        for (let column = 0, at = k * columns; column < columns; column++)
          line[column] = (line[column] ?? 0) + value * (y[at + column] ?? 0);
    }
    for (let column = 0, to = row * columns; column < columns; column++, to++)
      out[to] =
        alpha * (line[column] ?? 0) + (rest ? beta * (rest[places ? (places[to] ?? 0) : to] ?? 0) : 0);
  }
  fit(a.type, out);
  return make(a.type, dims, out);
}
const gemmCore = {
  work: ([a = [], b = []]: readonly (readonly number[])[], { transB }: GemmOptions) =>
    sizeOf(a) * (b[transB ? 0 : 1] ?? 1),
  pack: (
    index: number,
    weight: CoreTensor,
    [a = []]: readonly (readonly number[])[],
    { transA, transB }: GemmOptions,
  ) =>
    index === 1 && (a[transA ? 1 : 0] ?? 1) > 1 ? inPanels(transB ? weight.transpose() : weight) : undefined,
  run: (
    [a, b, c]: readonly (CoreTensor | undefined)[],
    { alpha, beta, transA, transB }: GemmOptions,
    call: Call,
  ) => {
    const right = call.packed(1) ?? (transB ? b?.transpose() : b);
    if (!a || !right) return undefined;
    const found = (transA ? a.transpose() : a).matmul(right);
    const scaled = alpha === 1 ? found : found.mul(alpha);
    return c && beta !== 0 ? scaled.add(beta === 1 ? c : c.mul(beta)) : scaled;
  },
};
export const Gemm: Versions = {
  // C broadcasts to the whole by its last axes, or is of the whole shape: what `broadcast` allows is what later sets always allow.
  1: op(
    'T:number T T -> T',
    { ...GEMM, broadcast: flag(false) },
    ([a, b, c], options, call) => gemm(a, b, c, options, call.fail),
    { core: gemmCore },
  ),
  7: op('T:number T T -> T', GEMM, ([a, b, c], options, call) => gemm(a, b, c, options, call.fail), {
    core: gemmCore,
  }),
  11: op('T:number T T? -> T', GEMM, ([a, b, c], options, call) => gemm(a, b, c, options, call.fail), {
    core: gemmCore,
  }),
};
