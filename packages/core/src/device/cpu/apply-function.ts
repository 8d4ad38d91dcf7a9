import type { TypedArrayOf } from '../../graph/dtype.ts';
import type { ElementwiseFunction } from '../../graph/elementwise.ts';
import { threefry2x32 } from '../../random/threefry.ts';

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
    for (let i = 0; i < count; i++) out[i] = (a[i] ?? 0) ** (b[i] ?? 0);
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
    for (let i = 0; i < count; i++) {
      const index = c[i] ?? 0;
      out[i] = threefry2x32(a[i] ?? 0, b[i] ?? 0, 0, index >>> 1)[index & 1] ?? 0;
    }
  } else if (fn === 'cast') {
    castInto(a, out, count);
  } else {
    unary[fn]?.(a, out, count);
    binary[fn]?.(a, b, out, count);
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
