import type { TypedArrayOf } from '../../src/graph/dtype.ts';
import type { ElementwiseFunction } from '../../src/graph/elementwise.ts';
import { threefryInto } from '../../src/random/threefry.ts';

type Values = TypedArrayOf;

/** One loop per function, so that the engine compiles each for the types it meets. */
type Unary = (a: Values, out: Values, count: number) => void;
type Binary = (a: Values, b: Values, out: Values, count: number) => void;

const unary: Readonly<Record<string, Unary>> = {
  neg: (a, out, count) => {
    for (let i = 0; i < count; i++) out[i] = -(a[i] ?? 0);
  },
  exp: (a, out, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.exp(a[i] ?? 0);
  },
  log: (a, out, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.log(a[i] ?? 0);
  },
  sqrt: (a, out, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.sqrt(a[i] ?? 0);
  },
  abs: (a, out, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.abs(a[i] ?? 0);
  },
  sin: (a, out, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.sin(a[i] ?? 0);
  },
  cos: (a, out, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.cos(a[i] ?? 0);
  },
  tanh: (a, out, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.tanh(a[i] ?? 0);
  },
  floor: (a, out, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.floor(a[i] ?? 0);
  },
  sign: (a, out, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.sign(a[i] ?? 0);
  },
  not: (a, out, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i] === 0 ? 1 : 0;
  },
  isNaN: (a, out, count) => {
    for (let i = 0; i < count; i++) out[i] = Number.isNaN(a[i]) ? 1 : 0;
  },
};

const binary: Readonly<Record<string, Binary>> = {
  add: (a, b, out, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] ?? 0) + (b[i] ?? 0);
  },
  sub: (a, b, out, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] ?? 0) - (b[i] ?? 0);
  },
  mul: (a, b, out, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] ?? 0) * (b[i] ?? 0);
  },
  div: (a, b, out, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] ?? 0) / (b[i] ?? 0);
  },
  pow: (a, b, out, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i] === 1 ? 1 : (a[i] ?? 0) ** (b[i] ?? 0);
  },
  maximum: (a, b, out, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.max(a[i] ?? 0, b[i] ?? 0);
  },
  minimum: (a, b, out, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.min(a[i] ?? 0, b[i] ?? 0);
  },
  shiftRight: (a, b, out, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] ?? 0) >>> (b[i] ?? 0);
  },
  equal: (a, b, out, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i] === b[i] ? 1 : 0;
  },
  notEqual: (a, b, out, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i] !== b[i] ? 1 : 0;
  },
  less: (a, b, out, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] ?? 0) < (b[i] ?? 0) ? 1 : 0;
  },
  lessEqual: (a, b, out, count) => {
    for (let i = 0; i < count; i++) out[i] = (a[i] ?? 0) <= (b[i] ?? 0) ? 1 : 0;
  },
};

/** Applies a function to the first `count` elements of its operands. */
export function applyFunction(
  fn: ElementwiseFunction,
  operands: readonly Values[],
  out: Values,
  count: number,
): void {
  const [a = out, b = out, c = out] = operands;
  if (fn === 'where') {
    for (let i = 0; i < count; i++) out[i] = (a[i] !== 0 ? b[i] : c[i]) ?? 0;
  } else if (fn === 'randomBits') {
    drawBits(a, b, c, out, count);
  } else if (fn === 'cast') {
    castInto(a, out, count);
  } else {
    unary[fn]?.(a, out, count);
    binary[fn]?.(a, b, out, count);
  }
}

/** Two words come from one counter; neighbours mostly ask for both. */
function drawBits(a: Values, b: Values, indices: Values, out: Values, count: number): void {
  const words = new Int32Array(2);
  let [key0, key1, counter] = [0, 0, Number.NaN];
  for (let i = 0; i < count; i++) {
    const index = indices[i] ?? 0;
    const [nextKey0, nextKey1, next] = [a[i] ?? 0, b[i] ?? 0, index >> 1];
    if (next !== counter || nextKey0 !== key0 || nextKey1 !== key1) {
      [key0, key1, counter] = [nextKey0, nextKey1, next];
      threefryInto(key0, key1, index >> 31, (index & 0x7fffffff) >>> 1, words);
    }
    out[i] = words[index & 1] ?? 0;
  }
}

/** Towards zero for integers, saturating at their range as WGSL does; anything but zero is true. */
function castInto(a: Values, out: Values, count: number): void {
  if (out instanceof Uint8Array) {
    for (let i = 0; i < count; i++) out[i] = a[i] === 0 ? 0 : 1;
  } else if (out instanceof Int32Array) {
    for (let i = 0; i < count; i++)
      out[i] = Math.max(-2147483648, Math.min(2147483647, Math.trunc(a[i] ?? 0)));
  } else {
    for (let i = 0; i < count; i++) out[i] = a[i] ?? 0;
  }
}
