import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import * as core from '../src/index.ts';
import { type Device, type Tensor, tensor, vjp } from '../src/index.ts';
import * as indexing from '../src/operation/indexing.ts';
import { DEVICES } from './devices.ts';
import { expectValues } from './expect-values.ts';

interface Leaf {
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

interface Fixtures {
  readonly madeWith: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly name: string;
    readonly inputs: readonly Leaf[];
    readonly output: Leaf;
    readonly cotangent?: Leaf;
    readonly gradients?: readonly Leaf[];
  }[];
}

/** What PyTorch computed; see fixtures/make-torch-fixtures.py. */
const FIXTURES: Fixtures = JSON.parse(
  readFileSync(new URL('fixtures/torch-fixtures.json', import.meta.url), 'utf8'),
);

/** PyTorch computes in float32, too. */
const TOLERANCE = 5e-5;

const on = ({ dtype, shape, values }: Leaf, device: Device): Tensor =>
  tensor(dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values), { shape, device });
const ints = (values: readonly number[], shape: readonly number[], { device }: Tensor): Tensor =>
  tensor(Int32Array.from(values), { shape, device });

const TWICE = [2, 0, 2, 1, 1, 0];

type Operation = (a: Tensor, b: Tensor, c: Tensor) => Tensor;

/** Our way of writing the fixtures' operations. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  'add, broadcast': (a, b) => a.add(b),
  'mul, broadcast': (a, b) => a.mul(b),
  div: (a, b) => a.div(b),
  pow: (a, b) => a.pow(b),
  exp: (x) => x.exp(),
  log: (x) => x.log(),
  sqrt: (x) => x.sqrt(),
  abs: (x) => x.abs(),
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
  relu: (x) => x.relu(),
  erf: (x) => core.erf(x),
  gelu: (x) => core.gelu(x),
  silu: (x) => core.silu(x),
  softplus: (x) => core.softplus(x),
  'maximum, of equals too': (a, b) => a.maximum(b),
  clamp: (x) => x.clamp(-0.2, 0.2),
  where: (a, b) => core.where(a.greater(b), a.mul(a), b),
  softmax: (x) => x.softmax(1),
  logSoftmax: (x) => x.logSoftmax(0),
  'layer norm': (x) =>
    x.sub(x.mean(1, { keepDims: true })).div(x.variance(1, { keepDims: true }).add(1e-5).sqrt()),
  logSumExp: (x) => x.logSumExp(1),
  sum: (x) => x.sum([0, 2]),
  mean: (x) => x.mean(1, { keepDims: true }),
  'max, of equals too': (x) => x.max(1),
  min: (x) => x.min(0),
  'prod, of zeros too': (x) => x.prod(1),
  variance: (x) => x.variance(1),
  'std of a sample': (x) => x.std(1, { correction: 1 }),
  norm: (x) => x.norm(1),
  'norm, p = 3': (x) => x.norm(1, { p: 3 }),
  cumsum: (x) => x.cumsum(1),
  cumprod: (x) => x.cumprod(0),
  sort: (x) => x.sort(1),
  'sort, largest first': (x) => x.sort(0, { isDescending: true }),
  argsort: (x) => x.argsort(1),
  topK: (x) => core.topK(x, 2, 1).values,
  argmax: (x) => x.argmax(0),
  gather: (x) => x.gather(ints([2, 0, 2, 4], [4], x)),
  scatterAdd: (x) => new core.Tensor(indexing.scatterAdd(x.node, ints([2, 0, 2, 4], [4], x).node, 0, 5)),
  takeAlong: (x) => x.takeAlong(ints([3, 0, 1, 1, 2, 0], [3, 2], x), 1),
  flip: (x) => x.flip([0, 2]),
  'slice with steps': (x) =>
    x.slice([
      [1, 5, 2],
      [0, 7, 3],
    ]),
  pad: (x) =>
    x.pad([
      [0, 1],
      [1, 2],
    ]),
  concat: (a, b) => core.concat([a, b], 1),
  windows: (x) => x.windows([{ axis: 0, size: 4, stride: 2 }]),
  transpose: (x) => x.transpose([2, 0, 1]),
  triangle: (x) => core.lowerTriangle(x, -1),
  matmul: (a, b) => a.matmul(b),
  'matmul of a batch, broadcast': (a, b) => a.matmul(b),
  'matmul with a transposed operand': (a, b) => a.matmul(b.transpose()),
  'einsum bij,bjk->bik': (a, b) => core.einsum('bij,bjk->bik', a, b),
  'einsum ii->i': (a) => core.einsum('ii->i', a),
  'einsum ij,kj,j->ik': (a, b, c) => core.einsum('ij,kj,j->ik', a, b, c),
  conv1d: (x, w) => core.conv1d(x, w, { stride: 2, padding: 1 }),
  conv2d: (x, w) =>
    core.conv2d(x, w, {
      padding: [
        [2, 2],
        [1, 1],
      ],
      dilation: 2,
    }),
  'grouped conv2d': (x, w) => core.conv2d(x, w, { groups: 2, stride: [1, 2] }),
  'depthwise conv2d': (x, w) => core.conv2d(x, w, { groups: 3, padding: 1 }),
  maxPool: (x) => core.maxPool(x, 3, { stride: 2, padding: 1 }),
  averagePool: (x) => core.averagePool(x, 3, { stride: 2, padding: 1 }),
  convTranspose1d: (x, w) => core.convTranspose1d(x, w, { stride: 2, padding: 1, outputPadding: 1 }),
  convTranspose2d: (x, w) => core.convTranspose2d(x, w, { stride: [2, 1], dilation: [1, 2] }),
  'grouped convTranspose2d': (x, w) =>
    core.convTranspose2d(x, w, {
      groups: 2,
      stride: 3,
      padding: [
        [1, 1],
        [0, 0],
      ],
    }),
  convTranspose3d: (x, w) => core.convTranspose3d(x, w, { stride: 2, padding: 1, outputPadding: [1, 0, 1] }),
  conv3d: (x, w) =>
    core.conv3d(x, w, {
      stride: [1, 2, 1],
      padding: [
        [0, 0],
        [1, 1],
        [1, 1],
      ],
    }),
  'grouped conv3d': (x, w) => core.conv3d(x, w, { groups: 2, dilation: [2, 1, 1] }),
  scatter: (x, u) => core.scatter(x, ints([2, 0, 1, 1, 0, 2], [2, 3], x), u, 1),
  'scatter, added': (x, u) => core.scatter(x, ints(TWICE, [2, 3], x), u, 0, { reduction: 'add' }),
  'scatter, multiplied': (x, u) => core.scatter(x, ints(TWICE, [2, 3], x), u, 0, { reduction: 'mul' }),
  'scatter, the largest': (x, u) => core.scatter(x, ints(TWICE, [2, 3], x), u, 0, { reduction: 'max' }),
  'scatter, the smallest': (x, u) => core.scatter(x, ints(TWICE, [2, 3], x), u, 0, { reduction: 'min' }),
  takeAt: (x) => core.takeAt(x, [ints([0, 2, 1], [3], x), ints([3, 0, 3], [3], x)]),
  'takeAt, stretched': (x) => core.takeAt(x, [ints([0, 2, 1], [3, 1], x), ints([-4, -1, -4], [3], x)]),
  putAt: (x, u) => core.putAt(x, [ints([0, 2, 1], [3], x), ints([3, 0, 3], [3], x)], u),
  'putAt, added': (x, u) =>
    core.putAt(x, [ints([0, 0, 1], [3], x), ints([3, 3, -1], [3], x)], u, { reduction: 'add' }),
  'pad, reflect': (x) =>
    core.pad(
      x,
      [
        [0, 0],
        [1, 3],
        [3, 2],
      ],
      { mode: 'reflect' },
    ),
  'pad, edge': (x) =>
    core.pad(
      x,
      [
        [0, 0],
        [1, 6],
        [3, 2],
      ],
      { mode: 'edge' },
    ),
  'pad, wrap': (x) =>
    core.pad(
      x,
      [
        [0, 0],
        [1, 4],
        [3, 2],
      ],
      { mode: 'wrap' },
    ),
  'pad, with a value, and cut': (x) =>
    core.pad(
      x,
      [
        [1, -2],
        [-1, 2],
      ],
      { value: 1.5 },
    ),
  round: (x) => core.round(x),
  trunc: (x) => core.trunc(x),
  tan: (x) => core.tan(x),
  asin: (x) => core.asin(x),
  acos: (x) => core.acos(x),
  atan: (x) => core.atan(x),
  atan2: (a, b) => core.atan2(a, b),
  sinh: (x) => core.sinh(x),
  cosh: (x) => core.cosh(x),
  asinh: (x) => core.asinh(x),
  acosh: (x) => core.acosh(x),
  atanh: (x) => core.atanh(x),
  log1p: (x) => core.log1p(x),
  expm1: (x) => core.expm1(x),
  'maxPool, ceil': (x) => core.maxPool(x, 3, { stride: 2, padding: 1, ceilMode: true }),
  'averagePool, ceil': (x) => core.averagePool(x, 3, { stride: 2, padding: 1, ceilMode: true }),
  'averagePool, padding counts': (x) =>
    core.averagePool(x, 3, { stride: 2, padding: 1, ceilMode: true, countsPadding: true }),
  'averagePool 3-D': (x) => core.averagePool(x, 2, { padding: 1, countsPadding: true }),
  adaptiveMaxPool: (x) => core.adaptiveMaxPool(x, [3, 4]),
  adaptiveAveragePool: (x) => core.adaptiveAveragePool(x, [3, 4]),
  'interpolate, nearest': (x) => core.interpolate(x, [7, 3]),
  'interpolate, nearest exact': (x) => core.interpolate(x, [7, 3], { mode: 'nearestExact' }),
  'interpolate, linear': (x) => core.interpolate(x, [7, 3], { mode: 'linear' }),
  'interpolate, linear, corners': (x) => core.interpolate(x, [7, 3], { mode: 'linear', alignCorners: true }),
  'interpolate, linear, scaled': (x) => core.interpolate(x, [8], { mode: 'linear', scale: [1.7] }),
  'interpolate, cubic': (x) => core.interpolate(x, [7, 3], { mode: 'cubic' }),
  'interpolate, 3-D': (x) => core.interpolate(x, [3, 5, 2], { mode: 'linear' }),
  cumulativeMax: (x) => core.cumulativeMax(x, 1),
  cumulativeMin: (x) => core.cumulativeMin(x, 0),
  'einsum ...ij,...jk->...ik': (a, b) => core.einsum('...ij,...jk->...ik', a, b),
  'einsum b...,b...->...': (a, b) => core.einsum('b...,b...->...', a, b),
  'einsum ...i->...': (a) => core.einsum('...i->...', a),
  'matmul of vectors': (a, b) => a.matmul(b),
  'matmul by a vector': (a, b) => a.matmul(b),
  'matmul of a vector': (a, b) => a.matmul(b),
};

it('has fixtures that say what made them', () => {
  expect(FIXTURES.madeWith).toMatchObject({ torch: expect.stringMatching(/^1\.13/) });
  expect(FIXTURES.cases.map(({ name }) => name).sort()).toEqual(Object.keys(OPERATIONS).sort());
});

describe.each(DEVICES)('as PyTorch, on %s', (_, open) => {
  let device: Device;
  beforeAll(async () => {
    device = await open();
  });

  it.each(FIXTURES.cases)('$name', async ({ name, inputs, output, cotangent, gradients }) => {
    const operation = OPERATIONS[name];
    if (!operation) throw new RangeError(`There is no operation ${name}.`);
    const operands = inputs.map((input) => on(input, device));
    const [a = core.zeros([]), b = a, c = b] = operands;
    if (!cotangent || !gradients) {
      await expectValues(operation(a, b, c), output.values);
      return;
    }
    const { value, pullback } = vjp(
      (list: readonly Tensor[]) => operation(list[0] ?? a, list[1] ?? b, list[2] ?? c),
      operands,
    );
    expect(value.shape).toEqual(output.shape);
    await expectValues(value, output.values, TOLERANCE);
    const [found] = pullback(on(cotangent, device));
    for (const [index, one] of gradients.entries()) {
      await expectValues(found[index] ?? a, one.values, TOLERANCE);
    }
  });
});
