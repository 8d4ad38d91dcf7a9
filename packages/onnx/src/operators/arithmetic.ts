import { type Tensor as CoreTensor, where } from '@trestle/core';
import { isElementType } from '../format/element-types.ts';
import {
  compared,
  floatLike,
  largerBig,
  mapped,
  type PairKernel,
  pairwise,
  smallerBig,
} from '../tensor/elementwise.ts';
import { broadcastDims, broadcastPlaces } from '../tensor/places.ts';
import {
  checkSize,
  doublesOf,
  fromNumbers,
  isBig,
  make,
  newData,
  sizeOf,
  type Tensor,
  withDims,
} from '../tensor/tensor.ts';
import { choice, flag, float, int, ints, required } from './attributes.ts';
import {
  type CoreKernel,
  type Definition,
  eachElement,
  elementwise,
  op,
  type Versions,
} from './definition.ts';

/** Of operator set 1: which inputs may be written over. It says nothing about values. */
export const CONSUMED = { consumed_inputs: ints() };

/** Before operator set 7 the second input is laid at an axis of the first, where `broadcast` says so. */
const LEGACY = { axis: int(), broadcast: flag(false) };
function laidDims(a: readonly number[], b: readonly number[], axis: number | undefined): number[] {
  const at = axis === undefined ? a.length - b.length : axis < 0 ? axis + a.length : axis;
  const behind = Math.max(0, a.length - at - b.length);
  return [...b, ...new Array<number>(behind).fill(1)];
}
const laidAt = (a: Tensor, b: Tensor, axis: number | undefined): Tensor =>
  withDims(b, laidDims(a.dims, b.dims, axis));

interface LegacyOptions {
  readonly axis: number | undefined;
  readonly broadcast: boolean;
}
/** The core's kernel of today, after the second input was laid where it belongs. */
function legacyCore({ work, run }: CoreKernel<unknown>): CoreKernel<LegacyOptions> {
  return {
    work,
    run: ([a, b], { axis, broadcast }, call) =>
      a && b && run([a, broadcast ? b.reshape(laidDims(a.shape, b.shape, axis)) : b], {}, call),
  };
}

function pair(
  types: string,
  run: (a: Tensor, b: Tensor, call: { fail(reason: string): Error }) => Tensor,
  result: 'T' | 'bool',
  core?: CoreKernel<unknown>,
): { readonly modern: Definition; readonly legacy: Definition; readonly first: Definition } {
  const extras = core ? { core } : {};
  const oldExtras = core ? { core: legacyCore(core) } : {};
  const signature = `T:${types} T -> ${result}` as 'T:x T -> T';
  const old = (
    [a, b]: [Tensor, Tensor],
    { axis, broadcast }: LegacyOptions,
    call: { fail(reason: string): Error },
  ): Tensor => run(a, broadcast ? laidAt(a, b, axis) : b, call);
  return {
    modern: op(signature, {}, ([a, b], _, call) => run(a, b, call), extras),
    legacy: op(signature, LEGACY, old, oldExtras),
    first: op(signature, { ...LEGACY, ...CONSUMED }, old, oldExtras),
  };
}

function arithmetic(
  kernel: PairKernel | ((call: { fail(reason: string): Error }) => PairKernel),
  core: CoreKernel<unknown>['run'],
): Versions {
  const { modern, legacy, first } = pair(
    'number',
    (a, b, call) => pairwise(a, b, typeof kernel === 'function' ? kernel(call) : kernel),
    'T',
    eachElement(core),
  );
  return { 1: first, 6: legacy, 7: modern };
}

export const Add = arithmetic(
  { number: (a, b) => a + b, big: (a, b) => a + b },
  ([a, b]) => a && b && a.add(b),
);
export const Sub = arithmetic(
  { number: (a, b) => a - b, big: (a, b) => a - b },
  ([a, b]) => a && b && a.sub(b),
);
export const Mul = arithmetic(
  { number: (a, b) => a * b, big: (a, b) => a * b, integer: Math.imul },
  ([a, b]) => a && b && a.mul(b),
);

/** Integers are divided towards zero. */
const divided: (a: Tensor, b: Tensor, call: { fail(reason: string): Error }) => Tensor = (a, b, call) => {
  const byZero = (): Error => call.fail('it divides an integer by 0');
  const isFloat = floatLike(a.type);
  return pairwise(a, b, {
    number: isFloat
      ? (x, y) => x / y
      : (x, y) => {
          if (y === 0) throw byZero();
          return Math.trunc(x / y);
        },
    big: (x, y) => {
      if (y === 0n) throw byZero();
      return x / y;
    },
  });
};
const division = pair(
  'number',
  divided,
  'T',
  eachElement(([a, b]) => a && b && a.div(b)),
);
export const Div: Versions = { 1: division.first, 6: division.legacy, 7: division.modern };

const remainderOf = (x: number, y: number): number => {
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
};

const needsFmod = 'its inputs are floats, which needs fmod = 1';
/** The remainder has the sign of the divisor; with `fmod` that of the dividend, as in C. */
export const Mod: Versions = {
  10: op(
    'T:number T -> T',
    { fmod: flag(false) },
    ([a, b], { fmod }, call) => {
      const isFloat = floatLike(a.type);
      // A node of floats is refused when the model is opened; where its types were not known, it is here.
      if (isFloat && !fmod) throw call.fail(needsFmod);
      const check = (y: number | bigint): void => {
        if (!isFloat && Number(y) === 0) throw call.fail('it divides an integer by 0');
      };
      return pairwise(a, b, {
        number: (x, y) => {
          check(y);
          return fmod ? x % y : remainderOf(x, y);
        },
        big: (x, y) => {
          check(y);
          const rest = x % y;
          return !fmod && rest !== 0n && rest < 0n !== y < 0n ? rest + y : rest;
        },
      });
    },
    {
      refuse: ({ fmod }, _, { types: [type] }) =>
        type && !fmod && isElementType(type) && floatLike(type) ? needsFmod : undefined,
    },
  ),
};

/** The power of 64-bit integers, wrapped. */
function integerPower(base: bigint, exponent: bigint): bigint {
  if (exponent < 0n) return base === 1n ? 1n : base === -1n ? (exponent % 2n === 0n ? 1n : -1n) : 0n;
  let [result, square, rest] = [1n, base, exponent];
  while (rest > 0n) {
    if (rest & 1n) result = BigInt.asIntN(64, result * square);
    square = BigInt.asIntN(64, square * square);
    rest >>= 1n;
  }
  return result;
}

function power(a: Tensor, b: Tensor): Tensor {
  if (isBig(a.data) && isBig(b.data))
    return pairwise(a, { ...b, type: a.type }, { number: Math.pow, big: integerPower });
  const dims = broadcastDims(a.dims, b.dims);
  const size = checkSize(dims, 'float64');
  const [left, right] = [broadcastPlaces(a.dims, dims), broadcastPlaces(b.dims, dims)];
  const [x, y] = [doublesOf(a), doublesOf(b)];
  const out = new Float64Array(size);
  for (let i = 0; i < out.length; i++) {
    const base = x[left ? (left[i] ?? 0) : i] ?? 0;
    const exponent = y[right ? (right[i] ?? 0) : i] ?? 0;
    // IEEE 754 has 1 for both, JavaScript NaN.
    out[i] =
      base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY) ? 1 : base ** exponent;
  }
  return fromNumbers(a.type, dims, out);
}

/** The exponents that norms and activations are written with. */
function powerCore(a: CoreTensor, exponent: Tensor | undefined): CoreTensor | undefined {
  if (exponent?.data.length !== 1 || exponent.dims.length > a.rank) return undefined;
  const n = Number(exponent.data[0]);
  if (n === 2) return a.mul(a);
  return n === 3 ? a.mul(a).mul(a) : undefined;
}

export const Pow: Versions = {
  1: op('T:number T -> T', LEGACY, ([a, b], { axis, broadcast }) =>
    power(a, broadcast ? laidAt(a, b, axis) : b),
  ),
  7: op('T:number U:number -> T', {}, ([a, b]) => power(a, b), {
    core: { work: elementwise, host: [1], run: ([a], _, call) => a && powerCore(a, call.host(1)) },
  }),
};

function comparison(
  types: string,
  fn: (a: number | bigint | string, b: number | bigint | string) => boolean,
): ReturnType<typeof pair> {
  return pair(types, (a, b) => compared(a, b, fn), 'bool');
}
const equal = comparison('any', (a, b) => a === b);
const greater = comparison('number', (a, b) => a > b);
const less = comparison('number', (a, b) => a < b);
export const Equal: Versions = { 1: equal.legacy, 7: equal.modern };
export const Greater: Versions = { 1: greater.legacy, 7: greater.modern };
export const Less: Versions = { 1: less.legacy, 7: less.modern };
export const GreaterOrEqual: Versions = { 12: comparison('number', (a, b) => a >= b).modern };
export const LessOrEqual: Versions = { 12: comparison('number', (a, b) => a <= b).modern };

function logical(fn: (a: boolean, b: boolean) => boolean): Versions {
  const { modern, legacy } = comparison('bool', (a, b) => fn(a !== 0, b !== 0));
  return { 1: legacy, 7: modern };
}
export const And = logical((a, b) => a && b);
export const Or = logical((a, b) => a || b);
export const Xor = logical((a, b) => a !== b);
export const Not: Versions = { 1: op('T:bool -> T', {}, ([x]) => mapped(x, (one) => (one === 0 ? 1 : 0))) };

function bitwise(kernel: PairKernel): Versions {
  return { 18: op('T:int T -> T', {}, ([a, b]) => pairwise(a, b, kernel)) };
}
export const BitwiseAnd = bitwise({ number: (a, b) => a & b, big: (a, b) => a & b });
export const BitwiseOr = bitwise({ number: (a, b) => a | b, big: (a, b) => a | b });
export const BitwiseXor = bitwise({ number: (a, b) => a ^ b, big: (a, b) => a ^ b });
export const BitwiseNot: Versions = {
  18: op('T:int -> T', {}, ([x]) =>
    mapped(
      x,
      (one) => ~one,
      (one) => ~one,
    ),
  ),
};

/** A shift by as many bits as the type has, or more, leaves 0. */
export const BitShift: Versions = {
  11: op(
    'T:unsigned T -> T',
    { direction: required(choiceOrNothing('LEFT', 'RIGHT')) },
    ([a, b], { direction }) =>
      pairwise(
        a,
        b,
        direction === 'LEFT'
          ? { number: (x, y) => (y > 31 ? 0 : x << y), big: (x, y) => (y > 63n ? 0n : x << y) }
          : { number: (x, y) => (y > 31 ? 0 : x >>> y), big: (x, y) => (y > 63n ? 0n : x >> y) },
      ),
  ),
};

function choiceOrNothing<const W extends string>(first: W, ...rest: W[]) {
  const own = choice(first, ...rest);
  return {
    ...own,
    read: (attribute: Parameters<typeof own.read>[0]) => (attribute ? own.read(attribute) : undefined),
  };
}

const atLeastOne = (count: number): string | undefined => (count === 0 ? 'it has no inputs' : undefined);

function folded(
  kernel: PairKernel,
  finish: (sum: Tensor, count: number) => Tensor,
  core: CoreKernel<unknown>['run'],
): Versions {
  const run = (inputs: Tensor[]): Tensor => {
    const [first, ...rest] = inputs;
    // The planner has refused a node without inputs.
    if (!first) throw new TypeError('no inputs');
    return finish(
      rest.reduce((sum, one) => pairwise(sum, one, kernel), first),
      inputs.length,
    );
  };
  const extras = {
    refuse: (_: unknown, count: number): string | undefined => atLeastOne(count),
    core: eachElement(core),
  };
  return {
    1: op('T:number* -> T', CONSUMED, (inputs) => run(inputs), extras),
    6: op('T:number* -> T', {}, (inputs) => run(inputs), extras),
  };
}

// NaN goes through, as it does in NumPy.
export const Max = folded(
  { number: Math.max, big: largerBig },
  (x) => x,
  () => undefined,
);
export const Min = folded(
  { number: Math.min, big: smallerBig },
  (x) => x,
  () => undefined,
);
export const Sum = folded(
  { number: (a, b) => a + b, big: (a, b) => a + b },
  (x) => x,
  (inputs) => inputs.reduce((sum, one) => (sum && one ? sum.add(one) : one)),
);
export const Mean = folded(
  { number: (a, b) => a + b, big: (a, b) => a + b },
  (sum, count) =>
    mapped(
      sum,
      (x) => x / count,
      (x) => x / BigInt(count),
    ),
  () => undefined,
);

/** The core's condition is a tensor of booleans, so that only the host takes it. */
export const Where: Versions = {
  9: op('bool T:any T -> T', {}, ([condition, x, y]) => {
    const dims = broadcastDims(condition.dims, x.dims, y.dims);
    const [at, left, right] = [condition, x, y].map((one) => broadcastPlaces(one.dims, dims));
    const size = sizeOf(dims);
    const out = newData(x.type, size) as unknown[];
    for (let i = 0; i < size; i++)
      out[i] = condition.data[at ? (at[i] ?? 0) : i]
        ? x.data[left ? (left[i] ?? 0) : i]
        : y.data[right ? (right[i] ?? 0) : i];
    // The elements of either are those of the type.
    return make(x.type, dims, out as unknown as Tensor['data']);
  }),
};

const prelu = (a: Tensor, slope: Tensor): Tensor => {
  const scaled = pairwise(a, slope, {
    number: (x, s) => (x < 0 ? x * s : x),
    big: (x, s) => (x < 0n ? x * s : x),
    integer: (x, s) => (x < 0 ? Math.imul(x, s) : x),
  });
  return scaled;
};
/** Before operator set 7 the slopes are those of the channels. */
const preluOfChannels = ([x, slope]: [Tensor, Tensor]): Tensor =>
  prelu(
    x,
    slope.data.length === 1 ? withDims(slope, []) : laidAt(x, slope, slope.dims.length === 1 ? 1 : undefined),
  );
export const PRelu: Versions = {
  1: op('T:number T -> T', CONSUMED, preluOfChannels),
  6: op('T:number T -> T', {}, preluOfChannels),
  7: op('T:number T -> T', {}, ([x, slope]) => prelu(x, slope), {
    core: eachElement(([x, slope]) => x && slope && where(x.less(0), x.mul(slope), x)),
  }),
};

const clipped = (x: Tensor, low: number | bigint | undefined, high: number | bigint | undefined): Tensor =>
  mapped(
    x,
    (value) => {
      const raised = low !== undefined && value < low ? Number(low) : value;
      return high !== undefined && raised > high ? Number(high) : raised;
    },
    (value) => {
      const raised = low !== undefined && value < low ? BigInt(low) : value;
      return high !== undefined && raised > high ? BigInt(high) : raised;
    },
  );
const bound = (x: Tensor | undefined): number | bigint | undefined => {
  const [value] = x?.data ?? [];
  return typeof value === 'string' ? undefined : value;
};

/** Bounds that are no numbers are left to the host, which takes them as they are. */
function clippedCore(
  x: CoreTensor,
  low: Tensor | undefined,
  high: Tensor | undefined,
): CoreTensor | undefined {
  const [from, to] = [bound(low), bound(high)];
  if (typeof from === 'bigint' || typeof to === 'bigint') return undefined;
  if (Number.isNaN(from ?? 0) || Number.isNaN(to ?? 0)) return undefined;
  return x.clamp(from, to);
}

/** The bounds are attributes up to operator set 10, then inputs. */
export const Clip: Versions = {
  1: op('T:float -> T', { max: float(), min: float(), ...CONSUMED }, ([x], { min, max }) =>
    clipped(x, min, max),
  ),
  6: op(
    'T:float -> T',
    { max: float(3.402823e38), min: float(-3.402823e38) },
    ([x], { min, max }) => clipped(x, min, max),
    {
      core: eachElement(([x], { min, max }) => x?.clamp(min, max)),
    },
  ),
  11: op('T:number T? T? -> T', {}, ([x, low, high]) => clipped(x, bound(low), bound(high)), {
    core: {
      ...eachElement(([x], _, call) => x && clippedCore(x, call.host(1), call.host(2))),
      host: [1, 2],
    },
  }),
};
