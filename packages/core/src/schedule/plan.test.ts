import { describe, expect, it } from 'vitest';
import { defaultDevice } from '../device/default-device.ts';
import { makeNode } from '../graph/node.ts';
import { tensor } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';
import { runPlan } from './plan.ts';
import { schedule } from './schedule.ts';

const device = defaultDevice();
const placeholder = (shape: readonly number[]): Tensor =>
  new Tensor(makeNode({ kind: 'data' }, [], shape, 'float32', device));

describe('a plan', () => {
  it('is run with other values each time', async () => {
    const x = placeholder([3]);
    const y = x.mul(2).add(tensor([1, 2, 3]));
    const plan = schedule([y.node], { parameters: [x.node] });
    for (const values of [
      [1, 2, 3],
      [0, 0, 7],
    ]) {
      const [out] = runPlan(plan, [device.upload(Float32Array.from(values))]);
      expect(out && [...(await device.read(out))]).toEqual(values.map((v, i) => 2 * v + i + 1));
    }
    expect(y.node.buffer).toBeUndefined();
  });

  it('gives roots that are parameters or already computed as they are', () => {
    const x = placeholder([2]);
    const known = tensor([5, 6]);
    const plan = schedule([x.node, known.node], { parameters: [x.node] });
    const given = device.upload(Float32Array.of(1, 2));
    expect(plan.steps).toEqual([]);
    expect(runPlan(plan, [given])).toEqual([given, known.node.buffer]);
  });

  it('releases intermediates with their last reader, and keeps parameters, captured buffers and outputs', () => {
    const x = placeholder([4, 4]);
    const captured = tensor(new Float32Array(16), { shape: [4, 4] });
    const product = x.matmul(captured);
    const total = product.sum();
    const other = product.mul(2);
    const plan = schedule([total.node, other.node], { parameters: [x.node] });
    expect(plan.steps.map((step) => step.releases.length)).toEqual([0, 0, 1]);
    expect(plan.steps.at(-1)?.into).toBe(plan.steps[0]?.output);
  });

  it('updates a donated parameter in place', () => {
    const weight = placeholder([4]);
    const step = placeholder([4]);
    const updated = weight.sub(step.mul(0.1));
    const options = { parameters: [weight.node, step.node], donated: [0] };
    expect(schedule([updated.node], options).steps.map((one) => one.into)).toEqual([0]);
    expect(schedule([updated.node], { ...options, donated: [] }).steps.map((one) => one.into)).toEqual([
      undefined,
    ]);
  });

  it('refuses a placeholder that is no parameter', () => {
    const x = placeholder([2]);
    expect(() => schedule([x.add(1).node])).toThrow(
      expect.objectContaining({ code: 'TRS_CORE_PLACEHOLDER' }),
    );
  });
});
