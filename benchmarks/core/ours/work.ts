import { type Device, jit, type Tensor, type Tree, tensor, treeLeaves } from '@trestle/core';
import { fill, sampled } from '../values.ts';
import type { Work, Workload } from '../workload.ts';

export type WorkOf<Kind extends Workload['kind']> = Extract<Workload, { kind: Kind }>;

export const filled = (device: Device, seed: number, shape: readonly number[], scale = 1): Tensor =>
  tensor(
    fill(
      seed,
      shape.reduce((product, length) => product * length, 1),
      scale,
    ),
    { shape, device },
  );

/** On a GPU a call only hands work over: wait for the last of it. The CPU has finished when the call returns. */
async function finished(device: Device, value: Tree): Promise<void> {
  if (device.name !== 'webgpu') return;
  const leaves = treeLeaves(value);
  const smallest = leaves.reduce((least, leaf) => (leaf.size < least.size ? leaf : least));
  await (smallest.size > 1 ? smallest.slice(smallest.shape.map(() => [0, 1] as const)) : smallest).data();
}

/** A function of given tensors, called again and again; the first of its results is what is compared. */
export async function called(
  device: Device,
  fn: (...args: Tensor[]) => Tensor | Tensor[],
  args: readonly Tensor[],
): Promise<Work> {
  const compiled = jit(fn);
  const [first] = treeLeaves(compiled(...args));
  const result = sampled((await first?.data()) ?? []);
  return {
    result,
    run() {
      const value = compiled(...args);
      if (device.name === 'webgpu') return finished(device, value);
    },
  };
}

/** Steps of training: the losses of the first three, and of the first parameter what it became. */
export async function trained<State extends Tree>(
  device: Device,
  start: State,
  step: (state: State) => { readonly loss: Tensor; readonly state: State },
): Promise<Work> {
  const compiled = jit(step, { donate: [0] });
  let state = start;
  const losses: number[] = [];
  for (let n = 0; n < 3; n++) {
    const next = compiled(state);
    losses.push(await next.loss.item());
    state = next.state;
  }
  const [first] = treeLeaves(state);
  // A copy: the state itself is given away at the next step.
  const weight = sampled((await first?.mul(1).data()) ?? []);
  return {
    result: [...losses, ...weight],
    run() {
      const next = compiled(state);
      state = next.state;
      if (device.name === 'webgpu') return finished(device, next.loss);
    },
  };
}
