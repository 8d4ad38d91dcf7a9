import { globals } from 'webgpu';
import type { Work } from './workload.ts';

/** How many kernels one run hands to the GPU: seen where all libraries come by, at the pass encoder of Dawn. */
export async function countDispatches({ run }: Work): Promise<number> {
  const encoder: { dispatchWorkgroups(...counts: number[]): void } = Reflect.get(
    globals,
    'GPUComputePassEncoder',
  ).prototype;
  const { dispatchWorkgroups } = encoder;
  let count = 0;
  encoder.dispatchWorkgroups = function (...counts) {
    count++;
    dispatchWorkgroups.apply(this, counts);
  };
  try {
    await run();
  } finally {
    encoder.dispatchWorkgroups = dispatchWorkgroups;
  }
  return count;
}
