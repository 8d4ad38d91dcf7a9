import { random, realizeTree, tensor, valueAndGrad } from '@trestle/core';
import { describe, expect, it } from 'vitest';
import { initMlp, mlp } from '../layer/mlp.ts';
import { binaryCrossEntropy, crossEntropy } from '../loss/losses.ts';
import { adamw } from './adamw.ts';
import { sgd } from './sgd.ts';

describe('training', () => {
  it('learns exclusive-or, which no linear model can', async () => {
    const x = tensor([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    const y = tensor([0, 1, 1, 0]);
    const step = valueAndGrad((layers: ReturnType<typeof initMlp>) =>
      binaryCrossEntropy(mlp(layers, x).reshape([-1]), y),
    );
    const optimizer = adamw();
    let parameters = initMlp(random.key(1), [2, 8, 1]);
    let state = optimizer.init(parameters);
    for (let i = 0; i < 400; i++) {
      ({ parameters, state } = optimizer.update(parameters, step(parameters).grad, state, 0.05));
      await realizeTree([parameters, state]);
    }
    const probabilities = [...(await mlp(parameters, x).sigmoid().data())];
    expect(probabilities.map(Math.round)).toEqual([0, 1, 1, 0]);
  });

  it('takes the first step of Adam with the size of the learning rate, whatever the gradient', async () => {
    const optimizer = adamw();
    const parameters = { w: tensor([1, 1]) };
    const next = optimizer.update(parameters, { w: tensor([1e-3, -50]) }, optimizer.init(parameters), 0.1);
    const [first = 0, second = 0] = await next.parameters.w.data();
    expect(first).toBeCloseTo(0.9, 4);
    expect(second).toBeCloseTo(1.1, 4);
  });

  it('gathers speed with momentum', async () => {
    const optimizer = sgd({ momentum: 0.5 });
    let parameters = { w: tensor([0]) };
    let state = optimizer.init(parameters);
    for (let i = 0; i < 3; i++)
      ({ parameters, state } = optimizer.update(parameters, { w: tensor([1]) }, state, 1));
    expect(await parameters.w.item()).toBeCloseTo(-(1 + 1.5 + 1.75), 6);
  });

  it('has the cross-entropy of the labelled classes', async () => {
    const loss = crossEntropy(
      tensor([
        [2, 1],
        [0, 0],
      ]),
      tensor(Int32Array.of(0, 1)),
    );
    expect(await loss.item()).toBeCloseTo((Math.log(1 + Math.exp(-1)) + Math.log(2)) / 2, 5);
  });
});
