import { openDevice } from '@trestle/core';
import { convolution } from './ours/convolution.ts';
import { matmul } from './ours/matmul.ts';
import { chain, overRows, tiny } from './ours/memory-bound.ts';
import { convnet, mlp } from './ours/networks.ts';
import { transformer } from './ours/transformer.ts';
import type { Open } from './workload.ts';

/** Our own side: as a user writes it, under `jit`. `BENCH_DEVICE` chooses the device. */
export const open: Open = async (workload) => {
  const device = await openDevice(process.env.BENCH_DEVICE === 'webgpu' ? 'webgpu' : 'wasm');
  switch (workload.kind) {
    case 'matmul':
      return await matmul(workload, device);
    case 'mlp':
      return await mlp(workload, device);
    case 'convnet':
      return await convnet(workload, device);
    case 'conv':
      return await convolution(workload, device);
    case 'transformer':
      return await transformer(workload, device);
    case 'chain':
      return await chain(workload, device);
    case 'tiny':
      return await tiny(device);
    default:
      return await overRows(workload, device);
  }
};
