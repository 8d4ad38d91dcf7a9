import { expect, it } from 'vitest';
import { openWebGpu } from '../../src/device/webgpu/webgpu-device.ts';
import {
  jit,
  mapTree,
  oneHot,
  random,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
  zipTrees,
} from '../../src/index.ts';
import type { Timing } from '../../src/profile.ts';
import { describeGpu } from './describe-gpu.ts';
import { openFaulty } from './faulty-gpu.ts';

type Layers = { weight: Tensor; bias: Tensor }[];

const SIZES = [16, 16, 8, 8];

describeGpu('plans on WebGPU', () => {
  const perceptron = async () => {
    const { device, calls } = await openFaulty();
    const layers: Layers = SIZES.slice(1).map((size, at) => ({
      weight: random.normal(random.key(at), [SIZES[at] ?? 1, size], { device }).mul(0.3),
      bias: zeros([size], { device }),
    }));
    const x = random.normal(random.key(9), [16, 16], { device });
    const y = oneHot(
      tensor(
        Int32Array.from({ length: 16 }, (_, i) => i % 8),
        { device },
      ),
      8,
    );
    const loss = (parameters: Layers, input: Tensor, target: Tensor): Tensor => {
      const last = parameters.length - 1;
      const scores = parameters.reduce((h, { weight, bias }, at) => {
        const sum = h.matmul(weight).add(bias);
        return at === last ? sum : sum.relu();
      }, input);
      return scores.logSoftmax().mul(target).sum(1).mean().neg();
    };
    return { device, calls, layers, x, y, lossAndGrad: valueAndGrad(loss) };
  };

  it('take no more dispatches for a step of stochastic gradient descent than jax-js, in one submit', async () => {
    const { device, layers, x, y, lossAndGrad } = await perceptron();
    const step = jit(
      (parameters: Layers, input: Tensor, target: Tensor) => {
        const { value, grad } = lossAndGrad(parameters, input, target);
        return { value, parameters: zipTrees([parameters, grad], (p, g) => p.sub(g.mul(0.5))) };
      },
      { donate: [0] },
    );
    let { value, parameters } = step(layers, x, y);
    const first = await value.item();
    const before = device.statistics();
    for (let i = 0; i < 20; i++) {
      ({ value, parameters } = step(parameters, x, y));
      await value.item();
    }
    const { dispatches, submits } = device.statistics();
    // jax-js 0.1.25 needs 35 for three dense layers; this counts what the fusion of today makes.
    expect((dispatches - before.dispatches) / 20).toBeLessThanOrEqual(20);
    expect((submits - before.submits) / 20).toBe(1);
    expect(await value.item()).toBeLessThan(first / 2);
    device.close();
  });

  it('are replayed with the buffers and bind groups that are there, and update donated parameters in place', async () => {
    const { device, calls, layers, x, y, lossAndGrad } = await perceptron();
    const step = jit(
      (state: { p: Layers; m: Layers; v: Layers }, input: Tensor, target: Tensor) => {
        const { value, grad } = lossAndGrad(state.p, input, target);
        const m = zipTrees([state.m, grad], (a, g) => a.mul(0.9).add(g.mul(0.1)));
        const v = zipTrees([state.v, grad], (a, g) => a.mul(0.99).add(g.mul(g).mul(0.01)));
        const p = zipTrees([state.p, m, v], (a, b, c) => a.sub(b.div(c.sqrt().add(1e-6)).mul(0.05)));
        return { value, state: { p, m, v } };
      },
      { donate: [0] },
    );
    const nothing = (): Layers => mapTree(layers, (one) => one.mul(0));
    let { value, state } = step({ p: layers, m: nothing(), v: nothing() }, x, y);
    const first = await value.item();
    const next = async (): Promise<void> => {
      value.dispose();
      ({ value, state } = step(state, x, y));
      await value.item();
    };
    for (let i = 0; i < 4; i++) await next();
    const [bound = 0, made] = ['createBindGroup', 'createBuffer'].map((name) => calls.get(name));
    const { usedBytes, dispatches } = device.statistics();
    for (let i = 0; i < 20; i++) await next();
    // Parameters and state may change places with each other, so that a few meet anew.
    const newlyBound = (calls.get('createBindGroup') ?? 0) - bound;
    expect(newlyBound).toBeLessThan((device.statistics().dispatches - dispatches) / 8);
    // The values, too, are all read through a buffer that is there.
    expect((calls.get('createBuffer') ?? 0) - (made ?? 0)).toBe(0);
    // Less, if meanwhile the first state was collected.
    expect(device.statistics().usedBytes).toBeLessThanOrEqual(usedBytes);
    expect(await value.item()).toBeLessThan(first / 2);
    device.close();
  });

  it('give right values when results are kept and parameters are not donated', async () => {
    const { device } = await openFaulty();
    const step = jit((x: Tensor) => ({ next: x.mul(2).add(1), sum: x.sum() }));
    const kept: { next: Tensor; sum: Tensor }[] = [];
    let x = tensor([0, 1, 2], { device });
    for (let i = 0; i < 12; i++) {
      const made = step(x);
      kept.push(made);
      x = made.next;
    }
    for (const [i, { next, sum }] of kept.entries()) {
      const value = (start: number, times: number): number => (start + 1) * 2 ** times - 1;
      expect([...(await next.data())]).toEqual([0, 1, 2].map((start) => value(start, i + 1)));
      expect(await sum.item()).toBe([0, 1, 2].reduce((total, start) => total + value(start, i), 0));
    }
    device.close();
  });

  it('are compiled beside the event loop', async () => {
    const device = await openWebGpu();
    let ticks = 0;
    let isDone = false;
    const tick = (): void => {
      if (isDone) return;
      ticks++;
      setImmediate(tick);
    };
    // Each length of the chain is a shader of its own.
    const sums = Array.from({ length: 12 }, (_, length) => {
      const x = tensor([1, 2, 3, 4], { device });
      return Array.from({ length }, () => 0.5).reduce((y, factor) => y.mul(factor).exp(), x.neg());
    });
    setImmediate(tick);
    const pending = Promise.all(sums.map(async (sum) => await sum.data()));
    const ticksBefore = ticks;
    await pending;
    isDone = true;
    expect(ticks - ticksBefore).toBeGreaterThan(0);
    device.close();
  });

  it('tell the time and the cost of each kernel, by its own shape', async () => {
    const timings: Timing[] = [];
    const device = await openWebGpu({ onKernel: (timing) => timings.push(timing) });
    const double = async (length: number): Promise<void> => {
      await tensor(new Float32Array(length), { device }).add(1).data();
    };
    await double(1_024);
    await double(2_048);
    await expect.poll(() => timings.length).toBe(2);
    expect(timings.map(({ label }) => label)).toEqual(['elementwise [1024]', 'elementwise [2048]']);
    expect(timings.map(({ bytes }) => bytes)).toEqual([8 * 1_024, 8 * 2_048]);
    expect(timings.map(({ operations }) => operations)).toEqual([1_024, 2_048]);
    for (const { milliseconds, device: name } of timings) {
      expect(name).toBe('webgpu');
      expect(milliseconds).toBeGreaterThanOrEqual(0);
    }
    device.close();
  });
});
