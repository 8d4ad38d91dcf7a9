import { describe, expect, it } from 'vitest';
import { defaultDevice } from '../device/default-device.ts';
import type { Abilities, Device } from '../device/device.ts';
import { kernelKey } from '../device/wasm/kernel-key.ts';
import { valueAndGrad } from '../grad/grad.ts';
import { between } from '../graph/between.ts';
import { type Node, placeholderNode } from '../graph/node.ts';
import { Tensor } from '../tensor/tensor.ts';
import { operationsOf } from './expression.ts';
import type { Kernel } from './kernel.ts';
import { schedule } from './schedule.ts';

/** Nothing runs: only what the scheduler may make of a graph counts. */
const deviceWith = (abilities: Abilities): Device => ({ ...defaultDevice(), abilities });
const able = deviceWith({ epilogues: true, rows: true, matrixViews: true, maxInputs: 7 });
const plain = deviceWith({});
const on = (device: Device, ...shape: number[]): Tensor =>
  new Tensor(placeholderNode(shape, 'float32', device));

/** The kernels that compute some nodes from the tensors without a value. */
const kernels = (...tensors: Tensor[]): Kernel[] => {
  const roots = tensors.map(({ node }) => node);
  const isPlaceholder = (node: Node): boolean => node.primitive.kind === 'data';
  const leaves = [...between(roots, { has: isPlaceholder }, ({ inputs }) => inputs)].filter(isPlaceholder);
  return schedule(roots, { parameters: leaves }).steps.map(({ kernel }) => kernel);
};
const kinds = (list: readonly Kernel[]): string[] =>
  list.map((kernel) => ('epilogue' in kernel && kernel.epilogue ? `${kernel.kind}+` : kernel.kind));
const stages = (list: readonly Kernel[]): string[][] =>
  list.map((kernel) => (kernel.kind === 'rows' ? kernel.stages.map(({ kind }) => kind) : []));

describe('element-wise work', () => {
  it('is one kernel, also where values are used more than once', () => {
    const x = on(plain, 8);
    let chain = x;
    for (let i = 0; i < 10; i++) chain = chain.mul(chain).add(1);
    const [kernel, ...others] = kernels(chain);
    expect(others).toEqual([]);
    expect(kernel?.kind === 'elementwise' && operationsOf(kernel.expression)).toBe(20);
  });

  it('that uses everything twice, sixty times over, is planned and named in linear time', () => {
    const x = on(plain, 8);
    let chain = x;
    for (let i = 0; i < 60; i++) chain = chain.mul(chain).add(chain);
    const list = kernels(chain);
    expect(list.length).toBeLessThan(6);
    for (const kernel of list) expect(kernelKey(kernel, 1).length).toBeLessThan(8_000);
  });

  it('is repeated where that is cheaper than a buffer, and only there', () => {
    const [x, y] = [on(plain, 8, 8), on(plain, 8, 8)];
    const shifted = x.add(1);
    expect(kinds(kernels(shifted.matmul(y), shifted.mul(2)))).toEqual([
      'elementwise',
      'matmul',
      'elementwise',
    ]);
    expect(kinds(kernels(x.add(1).sum(), x.add(1).max()))).toEqual(['reduce', 'reduce']);
    const long = x.exp();
    expect(kinds(kernels(long.sum(), long.max()))).toEqual(['elementwise', 'reduce', 'reduce']);
  });

  it('computes equal expressions once', () => {
    const x = on(plain, 8);
    const [kernel] = kernels(x.add(1).exp().mul(x.add(1).exp()));
    expect(kernel?.kind === 'elementwise' && operationsOf(kernel.expression)).toBe(3);
  });

  it('goes through views: a chain in front of a transposition, a slice or an expansion needs no buffer', () => {
    const [x, row] = [on(plain, 6, 4), on(plain, 4)];
    expect(kinds(kernels(x.mul(2).transpose().add(1)))).toEqual(['elementwise']);
    expect(
      kinds(
        kernels(
          x
            .exp()
            .flip(0)
            .slice([[1, 3]])
            .neg(),
        ),
      ),
    ).toEqual(['elementwise']);
    expect(kinds(kernels(row.mul(2).add(1).add(x)))).toEqual(['elementwise']);
    expect(kinds(kernels(row.mul(2).add(1).reshape([1, 4]).expand([6, 4]).sum(0)))).toEqual(['reduce']);
  });

  it('that is long to compute is not repeated for each row', () => {
    const [x, row] = [on(plain, 6, 4), on(plain, 4)];
    expect(kinds(kernels(row.exp().add(x)))).toEqual(['elementwise', 'elementwise']);
    // Once per row, it is not repeated.
    expect(
      kinds(
        kernels(
          x
            .slice([null, [0, 1]])
            .exp()
            .add(x),
        ),
      ),
    ).toEqual(['elementwise']);
  });

  it('keeps to the buffers that a kernel may have', () => {
    const parts = Array.from({ length: 20 }, () => on(able, 4));
    const list = kernels(parts.reduce((sum, part) => sum.add(part)));
    expect(list.length).toBe(4);
  });
});

describe('matrix products and reductions', () => {
  it('are finished with a bias, an activation and a residual, on devices that can', () => {
    const [x, w, bias, rest] = [on(able, 8, 4), on(able, 4, 6), on(able, 6), on(able, 8, 6)];
    expect(kinds(kernels(x.matmul(w).add(bias).relu().add(rest)))).toEqual(['matmul+']);
    expect(kinds(kernels(x.mean(1)))).toEqual(['reduce+']);
    const other = on(plain, 8, 4);
    expect(kinds(kernels(other.mean(1)))).toEqual(['reduce', 'elementwise']);
  });

  it('are not finished where their elements are used elsewhere, too', () => {
    const [x, w] = [on(able, 8, 4), on(able, 4, 6)];
    const product = x.matmul(w);
    expect(kinds(kernels(product.relu(), product.sum()))).toEqual(['matmul', 'elementwise', 'reduce']);
    expect(kinds(kernels(product.relu().transpose().add(product.transpose())))).toEqual([
      'matmul',
      'elementwise',
    ]);
  });

  it('update a weight in the kernel that multiplies its gradient', () => {
    const [x, w, b] = [on(able, 8, 4), on(able, 4, 3), on(able, 3)];
    const loss = (p: { w: Tensor; b: Tensor }): Tensor => x.matmul(p.w).add(p.b).tanh().sum();
    const { grad } = valueAndGrad(loss)({ w, b });
    const list = kernels(w.sub(grad.w.mul(0.1)), b.sub(grad.b.mul(0.1)));
    expect(kinds(list)).toEqual(['matmul+', 'matmul+', 'reduce+']);
  });
});

describe('folds over rows', () => {
  const x = on(able, 16, 32);
  it.each([
    ['softmax', x.softmax(), ['fold', 'keep', 'fold']],
    ['the softmax of the last two axes', on(able, 4, 4, 8).softmax(), ['fold', 'keep', 'fold']],
    ['log-softmax', x.logSoftmax(), ['fold', 'fold']],
    ['argmax', x.argmax(1), ['fold', 'fold']],
    ['variance', x.variance(1), ['fold', 'fold']],
    ['logSumExp', x.logSumExp(1), ['fold', 'fold']],
  ])('are one kernel: %s', (_, result, wanted) => {
    expect(stages(kernels(result))).toEqual([wanted]);
  });

  it('are one kernel: layer normalisation, and its gradient', () => {
    const [gain, bias] = [on(able, 32), on(able, 32)];
    const normalised = (t: Tensor): Tensor => {
      const distance = t.sub(t.mean(-1, { keepDims: true }));
      const deviation = distance.mul(distance).mean(-1, { keepDims: true }).add(1e-5).sqrt();
      return distance.div(deviation).mul(gain).add(bias);
    };
    expect(stages(kernels(normalised(x)))).toEqual([['fold', 'fold']]);
    const { grad } = valueAndGrad((t: Tensor) => normalised(t).mul(t).sum())(x);
    expect(kinds(kernels(grad))).toEqual(['rows']);
  });

  it('need rows that fit the cache, and enough of them', () => {
    expect(kinds(kernels(on(able, 4, 20_000).softmax()))).not.toContain('rows');
    expect(kinds(kernels(on(able, 1, 8_192).softmax()))).not.toContain('rows');
    expect(kinds(kernels(on(able, 16, 32).softmax(0)))).not.toContain('rows');
    expect(kinds(kernels(on(plain, 16, 32).softmax()))).not.toContain('rows');
  });
});

describe('the CPU device', () => {
  it('takes rows, finished products, and a chain of ten operations each as one kernel', () => {
    const device = defaultDevice();
    const [x, w, bias] = [on(device, 16, 32), on(device, 32, 8), on(device, 8)];
    expect(kinds(kernels(x.softmax()))).toEqual(['rows']);
    expect(kinds(kernels(x.matmul(w).add(bias).relu()))).toEqual(['matmul+']);
    let chain = x;
    for (let i = 0; i < 5; i++) chain = chain.mul(chain).add(0.1);
    expect(kinds(kernels(chain))).toEqual(['elementwise']);
  });
});
