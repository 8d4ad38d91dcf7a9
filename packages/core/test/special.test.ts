import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import * as core from '../src/index.ts';
import { CoreError, type Device, type Tensor, tensor, vjp } from '../src/index.ts';
import { DEVICES } from './devices.ts';
import { DIFFERENCES, TOLERANCES } from './special-differences.ts';

interface Leaf {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  /** What JSON has no number for is a text: NaN, Infinity, -Infinity, -0. */
  readonly values: readonly (number | string)[];
}

interface Case {
  readonly name: string;
  readonly by: 'torch' | 'numpy';
  readonly inputs: readonly Leaf[];
  readonly output?: Leaf;
  readonly gradients?: readonly (Leaf | null)[];
  readonly isRefused?: boolean;
}

/** What PyTorch and NumPy make of special values; see fixtures/make-special-fixtures.py. */
const FIXTURES: { readonly madeWith: Readonly<Record<string, string>>; readonly cases: readonly Case[] } =
  JSON.parse(readFileSync(new URL('fixtures/special-fixtures.json', import.meta.url), 'utf8'));

const valuesOf = (leaf: Leaf): number[] => leaf.values.map(Number);

function on(leaf: Leaf, device: Device): Tensor {
  const values = valuesOf(leaf);
  const { dtype, shape } = leaf;
  const typed =
    dtype === 'float32'
      ? Float32Array.from(values)
      : dtype === 'int32'
        ? Int32Array.from(values)
        : Uint8Array.from(values);
  return tensor(typed, { shape, device });
}

type Operation = (a: Tensor, b: Tensor, c: Tensor) => Tensor;

/** Our way of writing the fixtures' operations; those with a number after their name are below. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  neg: (x) => x.neg(),
  abs: (x) => x.abs(),
  sign: (x) => x.sign(),
  exp: (x) => x.exp(),
  log: (x) => x.log(),
  sqrt: (x) => x.sqrt(),
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  tanh: (x) => x.tanh(),
  floor: (x) => x.floor(),
  ceil: (x) => x.ceil(),
  isNaN: (x) => x.isNaN(),
  not: (x) => x.not(),
  square: (x) => x.square(),
  relu: (x) => x.relu(),
  sigmoid: (x) => x.sigmoid(),
  erf: (x) => core.erf(x),
  gelu: (x) => core.gelu(x),
  silu: (x) => core.silu(x),
  softplus: (x) => core.softplus(x),
  clamp: (x) => x.clamp(-1, 1.5),
  'clamp, from below': (x) => x.clamp(2.5),
  'clamp of int32': (x) => x.clamp(-1, 100),
  'cast to bool': (x) => x.cast('bool'),
  'cast to int32': (x) => x.cast('int32'),
  'cast to float32': (x) => x.cast('float32'),
  'cast to float16': (x) => x.cast('float16').cast('float32'),
  'times 1': (x) => x.mul(1),
  round: (x) => core.round(x),
  trunc: (x) => core.trunc(x),
  tan: (x) => core.tan(x),
  asin: (x) => core.asin(x),
  acos: (x) => core.acos(x),
  atan: (x) => core.atan(x),
  sinh: (x) => core.sinh(x),
  cosh: (x) => core.cosh(x),
  asinh: (x) => core.asinh(x),
  acosh: (x) => core.acosh(x),
  atanh: (x) => core.atanh(x),
  log1p: (x) => core.log1p(x),
  expm1: (x) => core.expm1(x),
  cumulativeMax: (x) => core.cumulativeMax(x, 1),
  cumulativeMin: (x) => core.cumulativeMin(x, 1),
  atan2: (a, b) => core.atan2(a, b),
  add: (a, b) => a.add(b),
  sub: (a, b) => a.sub(b),
  mul: (a, b) => a.mul(b),
  div: (a, b) => a.div(b),
  pow: (a, b) => a.pow(b),
  maximum: (a, b) => a.maximum(b),
  minimum: (a, b) => a.minimum(b),
  equal: (a, b) => a.equal(b),
  notEqual: (a, b) => a.notEqual(b),
  less: (a, b) => a.less(b),
  lessEqual: (a, b) => a.lessEqual(b),
  greater: (a, b) => a.greater(b),
  greaterEqual: (a, b) => a.greaterEqual(b),
  where: (a, b, c) => core.where(a, b, c),
  sum: (x) => x.sum(1),
  mean: (x) => x.mean(1),
  max: (x) => x.max(1),
  min: (x) => x.min(1),
  'max of all': (x) => x.max(),
  'min of all': (x) => x.min(),
  prod: (x) => x.prod(1),
  variance: (x) => x.variance(1),
  std: (x) => x.std(1),
  'std of a sample': (x) => x.std(1, { correction: 1 }),
  logSumExp: (x) => x.logSumExp(1),
  softmax: (x) => x.softmax(1),
  logSoftmax: (x) => x.logSoftmax(1),
  any: (x) => x.any(1),
  all: (x) => x.all(1),
  argmax: (x) => x.argmax(1),
  'argmax of ties': (x) => x.argmax(1),
  argmin: (x) => x.argmin(1),
  cumsum: (x) => x.cumsum(1),
  cumprod: (x) => x.cumprod(1),
  sort: (x) => x.sort(1),
  argsort: (x) => x.argsort(1),
  'sort, largest first': (x) => x.sort(1, { isDescending: true }),
  'argsort, largest first': (x) => x.argsort(1, { isDescending: true }),
  topK: (x) => core.topK(x, 2, 1).values,
  matmul: (a, b) => a.matmul(b),
  'matmul of nothing': (a, b) => a.matmul(b),
  pad: (x) => x.pad([[1, 2]]),
  concat: (a, b) => core.concat([a, b]),
  gather: (x) => x.gather(tensor(Int32Array.of(1, 0, 3, 2, 1), { device: x.device })),
  flip: (x) => x.flip(),
};

function operationOf(name: string): Operation {
  const known = OPERATIONS[name];
  if (known) return known;
  const [fn, argument] = name.split(' ');
  const number = Number(argument);
  if (fn === 'pow') return (x) => x.pow(number);
  if (fn === 'norm') return (x) => x.norm(1, { p: number });
  throw new RangeError(`There is no operation ${name}.`);
}

/** The operations whose sign of zero is promised: those that move values, or only change their sign. */
const KEEPS_SIGN_OF_ZERO: ReadonlySet<string> = new Set([
  'neg',
  'abs',
  'floor',
  'ceil',
  'mul',
  'times 1',
  'where',
  'pad',
  'concat',
  'gather',
  'flip',
  'cast to float16',
  'sqrt',
]);

const SMALLEST_NORMAL = 2 ** -126;

function isRight(name: string, value: number, wanted: number, tolerance: number): boolean {
  if (Number.isNaN(wanted)) return Number.isNaN(value);
  if (wanted === 0 && value === 0) return !KEEPS_SIGN_OF_ZERO.has(name) || Object.is(value, wanted);
  if (!Number.isFinite(wanted)) return value === wanted;
  // Subnormal results may be zero: processors that flush them are not forbidden to.
  if (Math.abs(wanted) < SMALLEST_NORMAL) return Math.abs(value) <= SMALLEST_NORMAL && value * wanted >= 0;
  return (
    Math.abs(value - wanted) <=
    tolerance * Math.max(Math.abs(wanted), Math.abs(wanted) < 1e-30 ? 0 : tolerance)
  );
}

/** Adapters may take subnormal numbers for zeros. */
const isSubnormal = (value: number): boolean => value !== 0 && Math.abs(value) < SMALLEST_NORMAL;

/** What an element was computed from: its row, where rows are folded, or the operands at its place. */
function rowOf({ inputs }: Case, at: number, count: number): number[] {
  return inputs.flatMap((input) => {
    const values = valuesOf(input);
    const [rows = 1, length = 1] = input.shape.length === 2 ? input.shape : [];
    const row = Math.floor((at * rows) / Math.max(1, count));
    return input.shape.length === 2
      ? values.slice(row * length, (row + 1) * length)
      : [values[at % Math.max(1, values.length)] ?? Number.NaN];
  });
}

/** What differs from the fixture and no decision allows: texts that say where. */
function wrongs(
  one: Case,
  what: string,
  device: string,
  found: ArrayLike<number>,
  wanted: readonly number[],
): string[] {
  const tolerance = TOLERANCES[device]?.[one.name] ?? TOLERANCES.all?.[one.name] ?? 2e-6;
  const inputs = one.inputs.map(valuesOf);
  return wanted.flatMap((expected, at) => {
    const value = found[at] ?? Number.NaN;
    if (isRight(one.name, value, expected, tolerance)) return [];
    if (device === 'webgpu' && rowOf(one, at, wanted.length).some(isSubnormal)) return [];
    const row = wanted.length > 0 ? Math.max(1, (inputs[0]?.length ?? 0) / wanted.length) : 1;
    const operands = inputs.map((list) =>
      row > 1 && list.length > wanted.length
        ? list.slice(at * row, at * row + row)
        : [list[at % Math.max(1, list.length)] ?? Number.NaN],
    );
    const isDecided = DIFFERENCES.some(
      ({ operations, where, holds }) =>
        operations.includes(one.name) &&
        (where === 'everywhere' || where === device || where === what) &&
        holds({ operands: operands.flat(), row: rowOf(one, at, wanted.length), value, expected }),
    );
    return isDecided
      ? []
      : [`${what} of ${operands.map((list) => `[${list.join(' ')}]`).join(', ')}: ${value} for ${expected}`];
  });
}

it('has fixtures that say what made them', () => {
  expect(FIXTURES.madeWith).toMatchObject({
    torch: expect.stringMatching(/^1\.13/),
    numpy: expect.stringMatching(/^1\.24/),
  });
  expect(FIXTURES.cases.length).toBeGreaterThan(150);
});

const titled = FIXTURES.cases.map((one) => ({
  ...one,
  title: `${one.name} of ${one.inputs.map(({ dtype, shape }) => `${dtype}[${shape.join(', ')}]`).join(', ')}`,
}));

describe.each(DEVICES)('special values, on %s', (device, open) => {
  let held: Device;
  beforeAll(async () => {
    held = await open();
  });

  it.each(titled)('$title', async (one) => {
    const operation = operationOf(one.name);
    const operands = one.inputs.map((input) => on(input, held));
    const [a = core.zeros([]), b = a, c = b] = operands;
    const { output, gradients } = one;
    if (!output) {
      await expect((async () => await operation(a, b, c).data())()).rejects.toThrow(CoreError);
      return;
    }
    if (!gradients) {
      const result = operation(a, b, c);
      expect(result.shape).toEqual(output.shape);
      expect(wrongs(one, 'value', device, await result.data(), valuesOf(output))).toEqual([]);
      return;
    }
    const { value, pullback } = vjp(
      (list: readonly Tensor[]) => operation(list[0] ?? a, list[1] ?? b, list[2] ?? c),
      operands,
    );
    expect(value.shape).toEqual(output.shape);
    expect(value.dtype).toBe(output.dtype);
    expect(wrongs(one, 'value', device, await value.data(), valuesOf(output))).toEqual([]);
    const [found] = pullback(core.ones(output.shape, { device: held }));
    for (const [index, wanted] of gradients.entries()) {
      if (!wanted) continue;
      const gradient = found[index] ?? a;
      expect(wrongs(one, 'gradient', device, await gradient.data(), valuesOf(wanted))).toEqual([]);
    }
  });
});
