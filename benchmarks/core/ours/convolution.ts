import { conv2d, type Device, grad, type Tensor } from '@trestle/core';
import type { Work } from '../workload.ts';
import { called, filled, type WorkOf } from './work.ts';

export function convolution(
  { n, size, channels, isDepthwise, isTraining = false }: WorkOf<'conv'>,
  device: Device,
): Promise<Work> {
  const x = filled(device, 1, [n, size, size, channels]);
  const weight = filled(device, 2, [3, 3, isDepthwise ? 1 : channels, channels], 1 / 3);
  const groups = isDepthwise ? channels : 1;
  const forward = (input: Tensor, kernel: Tensor): Tensor => conv2d(input, kernel, { padding: 1, groups });
  if (!isTraining) return called(device, forward, [x, weight]);
  const mean = (both: readonly [Tensor, Tensor]): Tensor =>
    forward(...both)
      .square()
      .mean();
  return called(
    device,
    (input, kernel) => {
      const [dInput, dKernel] = grad(mean)([input, kernel]);
      return [dKernel, dInput];
    },
    [x, weight],
  );
}
