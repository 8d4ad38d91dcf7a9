import { type Tensor as CoreTensor, concat } from '@trestle/core';
import type { Call, CoreKernel } from './definition.ts';

/*
 * ONNX has channels second, [n, channels, …places]; the core convolves and pools with channels last. What one of its kernels has made
 * stays as it lies: operators that go over elements compute on it there, so that no element moves between two convolutions.
 */

export const channelsLast = (rank: number): number[] => [
  0,
  ...Array.from({ length: rank - 2 }, (_, i) => i + 2),
  1,
];
export const channelsSecond = (rank: number): number[] => [
  0,
  rank - 1,
  ...Array.from({ length: rank - 2 }, (_, i) => i + 1),
];

/** What a tensor with channels second is a view of. */
const lying = new WeakMap<CoreTensor, CoreTensor>();

/** [n, channels, …] as [n, …, channels]. */
export const toChannelsLast = (x: CoreTensor): CoreTensor =>
  lying.get(x) ?? x.transpose(channelsLast(x.rank));

/** [n, …, channels] as [n, channels, …], of which later operators know how it lies. */
export function fromChannelsLast(y: CoreTensor): CoreTensor {
  const view = y.transpose(channelsSecond(y.rank));
  lying.set(view, y);
  return view;
}

/** Whether a tensor lies with channels last. */
export const liesChannelsLast = (x: CoreTensor): boolean => lying.has(x);

/** Runs a kernel; one that goes over elements where they lie. */
export function runKernel<A>(
  kernel: CoreKernel<A>,
  inputs: readonly (CoreTensor | undefined)[],
  attributes: A,
  call: Call,
): CoreTensor | undefined {
  const lies = inputs.find((input) => input && lying.has(input));
  if (!kernel.isElementwise || !lies) return kernel.run(inputs, attributes, call);
  const moved = inputs.map((input) => input && beside(input, lies.rank));
  if (moved.some((input, index) => input === undefined && inputs[index] !== undefined))
    return kernel.run(inputs, attributes, call);
  const made = kernel.run(moved, attributes, call);
  return made && fromChannelsLast(made);
}

/** An input as it stretches over channels last; undefined where it would have to move. */
function beside(input: CoreTensor, rank: number): CoreTensor | undefined {
  const known = lying.get(input);
  if (known) return known.rank === rank ? known : undefined;
  if (input.size === 1) return input.reshape([]);
  if (input.rank === rank) return input.transpose(channelsLast(rank));
  // One number for each channel: [channels, 1, …].
  return input.rank === rank - 1 && input.size === input.shape[0] ? input.reshape([input.size]) : undefined;
}

/** Joins tensors, along their channels where they lie. */
export function joinWhereTheyLie(
  inputs: readonly [CoreTensor, ...CoreTensor[]],
  axis: number,
): CoreTensor | undefined {
  if (!inputs.every((input) => lying.has(input))) return concat(inputs, axis);
  const [first, ...others] = inputs.map(toChannelsLast);
  if (!first) return undefined;
  const order = channelsSecond(first.rank);
  return fromChannelsLast(concat([first, ...others], order[axis < 0 ? axis + first.rank : axis] ?? 0));
}
