import { grad, type Tensor, tensor, valueAndGrad } from '@trestle/core';
import { describe, expect, it } from 'vitest';
import { adamw } from '../optimizer/adamw.ts';
import { binaryCrossEntropy, crossEntropy } from './losses.ts';

// Numbers that are not told otherwise are those of PyTorch 1.13.

const near = (wanted: readonly number[]) =>
  wanted.map((value) => (Number.isNaN(value) ? Number.NaN : expect.closeTo(value, 6)));
const scores = () =>
  tensor([
    [1, 2, 3],
    [0.5, -1, 0.25],
    [2, 0, -2],
  ]);

describe('crossEntropy', () => {
  it.each([
    [
      0,
      0.2752688229084015,
      [0.04501529, 0.12236425, -0.1673795, 0, 0, 0, -0.06659335, 0.05865521, 0.00793812],
    ],
    [
      0.2,
      0.5752688646316528,
      [0.01168196, 0.08903091, -0.10071284, 0, 0, 0, 0.00007331, 0.02532187, -0.02539522],
    ],
  ])('leaves out rows whose label is no class, smoothing %d', async (labelSmoothing, value, gradient) => {
    const loss = valueAndGrad((x: Tensor) =>
      crossEntropy(x, tensor(Int32Array.of(2, -100, 0)), { labelSmoothing }),
    );
    const found = loss(scores());
    expect(await found.value.item()).toBeCloseTo(value, 6);
    expect([...(await found.grad.data())]).toEqual(near(gradient));
  });
  it('does not look at the scores of such rows, and has no mean of none', async () => {
    const x = tensor([
      [1, 2],
      [Number.NaN, 1],
    ]);
    expect(await crossEntropy(x, tensor(Int32Array.of(1, -1))).item()).toBeCloseTo(
      Math.log(1 + Math.E ** -1),
      6,
    );
    expect(await crossEntropy(x, tensor(Int32Array.of(-1, 2))).item()).toBeNaN();
  });
  it('refuses scores that are no rows of classes', () => {
    expect(() => crossEntropy(tensor([1, 2]), tensor(Int32Array.of(1)))).toThrow('[2]');
  });
});

describe('binaryCrossEntropy', () => {
  it('has its gradient at 0, where training often begins, and keeps small losses', async () => {
    const loss = valueAndGrad((x: Tensor) => binaryCrossEntropy(x, tensor([1, 0, 1, 0])));
    const { value, grad: gradient } = loss(tensor([0, -20, 20, 100]));
    expect(await value.item()).toBeCloseTo(25.17328643798828, 5);
    expect([...(await gradient.data())]).toEqual(near([-0.125, 5.152884230419374e-10, 0, 0.25]));
    // log(1 + e^-20); PyTorch has 0 here.
    expect((await binaryCrossEntropy(tensor([-20]), tensor([0])).item()) / 2.0611536e-9).toBeCloseTo(1, 5);
  });
});

describe('adamw', () => {
  const steps = async (options: Parameters<typeof adamw>[0]): Promise<number[]> => {
    const optimizer = adamw({ weightDecay: 0.5, ...options });
    let parameters = { w: tensor([1, -2, 0.5]) };
    let state = optimizer.init(parameters);
    const slope = grad((p: typeof parameters) =>
      p.w
        .square()
        .mul(tensor([1, 2, 3]))
        .sum(),
    );
    for (let step = 0; step < 3; step++)
      ({ parameters, state } = optimizer.update(parameters, slope(parameters), state, 0.1));
    return [...(await parameters.w.data())];
  };
  it('lets vectors decay, too', async () => {
    expect(await steps({})).toEqual(
      [0.5749739408493042, -1.4310251474380493, 0.15050262212753296].map((value) => expect.closeTo(value, 5)),
    );
  });
  it('spares what it is told to', async () => {
    expect(await steps({ isDecayed: ({ rank }) => rank > 1 })).toEqual(await steps({ weightDecay: 0 }));
  });
});
