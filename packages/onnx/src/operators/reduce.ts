import type { Tensor as CoreTensor } from '@trestle/core';
import { integerRange } from '../format/element-types.ts';
import type { OnnxError } from '../onnx-error.ts';
import { floatLike, largerBig, smallerBig } from '../tensor/elementwise.ts';
import { around, axesOf, axisOf, rowsAlong } from '../tensor/places.ts';
import {
  doublesOf,
  fit,
  fromNumbers,
  integersOf,
  isBig,
  isText,
  longs,
  make,
  newData,
  type Tensor,
} from '../tensor/tensor.ts';
import { flag, int, ints } from './attributes.ts';
import { op, type Versions } from './definition.ts';

/** What a row of numbers becomes: a start, a step for each element, and an end that knows how many there were. */
interface Fold<N> {
  readonly start: (type: Tensor['type']) => N;
  readonly step: (sum: N, x: N) => N;
  readonly end?: (sum: N, count: number) => N;
}

interface Reduction {
  readonly number: Fold<number>;
  /** 64-bit integers; in doubles where it is left out. */
  readonly big?: Fold<bigint>;
}

export function reduced(
  x: Tensor,
  axes: readonly number[] | undefined,
  keepDims: boolean,
  { number, big }: Reduction,
  fail: (reason: string) => OnnxError,
): Tensor {
  const rank = x.dims.length;
  const along = axes ? axesOf(axes, rank, fail) : x.dims.map((_, axis) => axis);
  const { count, length, kept, places } = rowsAlong(x.dims, along);
  const dims = keepDims ? x.dims.map((one, axis) => (along.includes(axis) ? 1 : one)) : kept;
  if (big && isBig(x.data)) {
    const out = newData(x.type as 'int64', count);
    for (let row = 0; row < count; row++) {
      let sum = big.start(x.type);
      for (let i = row * length; i < (row + 1) * length; i++)
        sum = big.step(sum, x.data[places ? (places[i] ?? 0) : i] ?? 0n);
      out[row] = big.end ? big.end(sum, length) : sum;
    }
    return make(x.type, dims, out);
  }
  const data = doublesOf(x);
  const out = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let sum = number.start(x.type);
    for (let i = row * length; i < (row + 1) * length; i++)
      sum = number.step(sum, data[places ? (places[i] ?? 0) : i] ?? 0);
    out[row] = number.end ? number.end(sum, length) : sum;
  }
  return fromNumbers(x.type, dims, out);
}

type CoreReduction = (x: CoreTensor, axes: readonly number[] | undefined, keepDims: boolean) => CoreTensor;

/** Up to operator set 17 the axes are an attribute, from then on an input; ReduceSum is 5 sets ahead. */
function reduction(kind: Reduction, types = 'number', core?: CoreReduction, inputFrom = 18): Versions {
  const signature = `T:${types} -> T` as 'T:x -> T';
  const before = op(
    signature,
    { axes: ints(), keepdims: flag(true) },
    ([x], { axes, keepdims }, call) => reduced(x, axes?.length ? axes : undefined, keepdims, kind, call.fail),
    core
      ? {
          core: {
            work: () => 0,
            run: ([x], { axes, keepdims }) => x && core(x, axes?.length ? axes : undefined, keepdims),
          },
        }
      : {},
  );
  const since = op(
    `T:${types} int64? -> T` as 'T:x int64? -> T',
    { keepdims: flag(true), noop_with_empty_axes: flag(false) },
    ([x, list], { keepdims, noop_with_empty_axes: isNoop }, call) => {
      const axes = list ? integersOf(list) : [];
      return reduced(x, axes.length > 0 || isNoop ? axes : undefined, keepdims, kind, call.fail);
    },
    core
      ? {
          core: {
            work: () => 0,
            host: [1],
            run: ([x], { keepdims, noop_with_empty_axes: isNoop }, call) => {
              const list = call.host(1);
              const axes = list ? integersOf(list) : [];
              return x && (axes.length > 0 || !isNoop)
                ? core(x, axes.length > 0 ? axes : undefined, keepdims)
                : undefined;
            },
          },
        }
      : {},
  );
  return { 1: before, [inputFrom]: since };
}

const square = (x: number): number => x * x;
const zero = { start: () => 0 };
const zeroBig = { start: () => 0n };
const add: Reduction = {
  number: { ...zero, step: (sum, x) => sum + x },
  big: { ...zeroBig, step: (sum, x) => sum + x },
};
export const ReduceSum = reduction(add, 'number', (x, axes, keepDims) => x.sum(axes, { keepDims }), 13);
export const meanOf: Reduction = {
  number: { ...zero, step: (sum, x) => sum + x, end: (sum, count) => sum / count },
  big: { ...zeroBig, step: (sum, x) => sum + x, end: (sum, count) => sum / BigInt(count) },
};
export const ReduceMean = reduction(meanOf, 'number', (x, axes, keepDims) => x.mean(axes, { keepDims }));
export const ReduceProd = reduction({
  number: { start: () => 1, step: (sum, x) => sum * x },
  big: { start: () => 1n, step: (sum, x) => BigInt.asIntN(64, sum * x) },
});

const least = (type: Tensor['type']): number => Number(integerRange(type)?.[0] ?? Number.NEGATIVE_INFINITY);
const most = (type: Tensor['type']): number => Number(integerRange(type)?.[1] ?? Number.POSITIVE_INFINITY);
export const ReduceMax = reduction(
  {
    number: { start: least, step: Math.max },
    big: { start: (type) => integerRange(type)?.[0] ?? 0n, step: largerBig },
  },
  'number|bool',
);
export const ReduceMin = reduction(
  {
    number: { start: most, step: Math.min },
    big: { start: (type) => integerRange(type)?.[1] ?? 0n, step: smallerBig },
  },
  'number|bool',
);
export const ReduceL1 = reduction({
  number: { ...zero, step: (sum, x) => sum + Math.abs(x) },
  big: { ...zeroBig, step: (sum, x) => sum + (x < 0n ? -x : x) },
});
export const ReduceL2 = reduction({ number: { ...zero, step: (sum, x) => sum + square(x), end: Math.sqrt } });
export const ReduceSumSquare = reduction({
  number: { ...zero, step: (sum, x) => sum + square(x) },
  big: { ...zeroBig, step: (sum, x) => sum + x * x },
});
export const ReduceLogSum = reduction({ number: { ...zero, step: (sum, x) => sum + x, end: Math.log } });

/** Shifted by the largest element, so that no exponential overflows. */
function logSumExp(
  x: Tensor,
  axes: readonly number[] | undefined,
  keepDims: boolean,
  fail: (reason: string) => OnnxError,
): Tensor {
  const along = axes ? axesOf(axes, x.dims.length, fail) : x.dims.map((_, axis) => axis);
  const { count, length, kept, places } = rowsAlong(x.dims, along);
  const data = doublesOf(x);
  const out = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = row * length; i < (row + 1) * length; i++)
      largest = Math.max(largest, data[places ? (places[i] ?? 0) : i] ?? 0);
    let sum = 0;
    const shift = Number.isFinite(largest) ? largest : 0;
    for (let i = row * length; i < (row + 1) * length; i++)
      sum += Math.exp((data[places ? (places[i] ?? 0) : i] ?? 0) - shift);
    out[row] = shift + Math.log(sum);
  }
  const dims = keepDims ? x.dims.map((one, axis) => (along.includes(axis) ? 1 : one)) : kept;
  return fromNumbers(x.type, dims, out);
}
export const ReduceLogSumExp: Versions = {
  1: op('T:number -> T', { axes: ints(), keepdims: flag(true) }, ([x], { axes, keepdims }, call) =>
    logSumExp(x, axes?.length ? axes : undefined, keepdims, call.fail),
  ),
  18: op(
    'T:number int64? -> T',
    { keepdims: flag(true), noop_with_empty_axes: flag(false) },
    ([x, list], { keepdims, noop_with_empty_axes: isNoop }, call) => {
      const axes = list ? integersOf(list) : [];
      return logSumExp(x, axes.length > 0 || isNoop ? axes : undefined, keepdims, call.fail);
    },
  ),
};

/** The place of the largest or smallest element; the first NaN is larger and smaller than every number, as in NumPy. */
function argument(isBetter: (a: number | bigint, b: number | bigint) => boolean): Versions {
  const run = (
    x: Tensor,
    axis: number,
    keepDims: boolean,
    isLast: boolean,
    fail: (reason: string) => OnnxError,
  ): Tensor => {
    const at = axisOf(axis, x.dims.length, fail);
    const [before, length, inner] = around(x.dims, at);
    if (length === 0) throw fail(`axis ${axis} has no elements`);
    const { data } = x;
    const out = new Array<number>(before * inner).fill(0);
    for (let outer = 0; outer < before; outer++) {
      for (let lane = 0; lane < inner; lane++) {
        let best = 0;
        let value = data[outer * length * inner + lane] ?? 0;
        for (let i = 1; i < length; i++) {
          const other = data[(outer * length + i) * inner + lane] ?? 0;
          if (typeof other === 'string' || typeof value === 'string') break;
          const [isNan, otherIsNan] = [Number.isNaN(value), Number.isNaN(other)];
          const isMore = otherIsNan
            ? !isNan || isLast
            : !isNan && (isBetter(other, value) || (isLast && other === value));
          if (isMore) [best, value] = [i, other];
        }
        out[outer * inner + lane] = best;
      }
    }
    const dims = keepDims ? x.dims.map((one, i) => (i === at ? 1 : one)) : x.dims.filter((_, i) => i !== at);
    return longs(dims, out);
  };
  return {
    1: op('T:number -> int64', { axis: int(0), keepdims: flag(true) }, ([x], { axis, keepdims }, call) =>
      run(x, axis, keepdims, false, call.fail),
    ),
    12: op(
      'T:number -> int64',
      { axis: int(0), keepdims: flag(true), select_last_index: flag(false) },
      ([x], { axis, keepdims, select_last_index }, call) =>
        run(x, axis, keepdims, select_last_index, call.fail),
    ),
  };
}
export const ArgMax = argument((a, b) => a > b);
export const ArgMin = argument((a, b) => a < b);

function cumulative(
  number: (sum: number, x: number) => number,
  big: (sum: bigint, x: bigint) => bigint,
  first: 0 | 1,
) {
  return op(
    'T:number U:index -> T',
    { exclusive: flag(false), reverse: flag(false) },
    ([x, axes], { exclusive, reverse }, call) => {
      const axis = axisOf(integersOf(axes)[0] ?? 0, x.dims.length, call.fail);
      const [before, length, inner] = around(x.dims, axis);
      const out = newData(x.type, x.data.length) as Tensor['data'];
      const lanes = before * inner;
      for (let lane = 0; lane < lanes; lane++) {
        const base = Math.floor(lane / inner) * length * inner + (lane % inner);
        let [sum, wide] = [first as number, BigInt(first)];
        for (let i = 0; i < length; i++) {
          const at = base + (reverse ? length - 1 - i : i) * inner;
          if (isBig(x.data) && isBig(out)) {
            const next = BigInt.asIntN(64, big(wide, x.data[at] ?? 0n));
            out[at] = exclusive ? wide : next;
            wide = next;
          } else if (!isBig(x.data) && !isText(x.data) && !isBig(out) && !isText(out)) {
            const next = number(sum, x.data[at] ?? 0);
            out[at] = exclusive ? sum : next;
            // A float is rounded when it is written; an integer wraps there, and must wrap here.
            sum = floatLike(x.type) ? next : exclusive ? wrapped(x.type, next) : (out[at] ?? 0);
          }
        }
      }
      if (!isBig(out) && !isText(out)) fit(x.type, out);
      return make(x.type, x.dims, out);
    },
  );
}
const wrapped = (type: Tensor['type'], value: number): number =>
  Number(fromNumbers(type, [1], [value]).data[0]);
export const CumSum: Versions = {
  11: cumulative(
    (sum, x) => sum + x,
    (sum, x) => sum + x,
    0,
  ),
};
export const CumProd: Versions = {
  26: cumulative(
    (sum, x) => sum * x,
    (sum, x) => sum * x,
    1,
  ),
};
