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
