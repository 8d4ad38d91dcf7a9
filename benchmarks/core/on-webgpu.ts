import type { Comparison } from '../runner/comparison.ts';
import { faster, rowsFor } from './comparisons.ts';
import { type SideName, sidesFor } from './sides.ts';
import type { Workload } from './workload.ts';

const SIDES: readonly SideName[] = ['ours on WebGPU', 'jax-js on WebGPU', 'tfjs-webgpu'];
const [, JAX = 'jax-js on WebGPU', TFJS = 'tfjs-webgpu'] = SIDES;

/** On one and the same adapter: the one that Dawn offers first. Without one, nobody has a number. */
export function onWebGpu(roundMs: number): readonly Comparison[] {
  const comparison = (name: string, workload: Workload, isTraining: boolean): Comparison => ({
    rows: [
      ...rowsFor(`WebGPU: ${name}`, 'perSecond', 'steps/s', [faster(JAX, 1.5), faster(TFJS, 3)]),
      ...(isTraining
        ? rowsFor(`WebGPU: ${name}, dispatches`, 'dispatches', '', [{ over: JAX, atMost: 1 }])
        : []),
    ],
    ...sidesFor(SIDES, {
      workload,
      roundMs,
      toReadings: ({ bestMs, dispatches }) => ({
        perSecond: 1000 / bestMs,
        ...(dispatches === undefined ? {} : { dispatches }),
      }),
    }),
  });
  const block = { kind: 'transformer', length: 256, features: 256, heads: 8 } as const;
  const sizes = [784, 256, 128, 10];
  return [
    comparison('matmul 512', { kind: 'matmul', m: 512, k: 512, n: 512 }, false),
    comparison('MLP step, sgd', { kind: 'mlp', batch: 128, sizes, optimizer: 'sgd' }, true),
    comparison('MLP step, adam', { kind: 'mlp', batch: 128, sizes, optimizer: 'adam' }, true),
    comparison('transformer block', { ...block, isTraining: false }, false),
    comparison('transformer step', { ...block, isTraining: true }, true),
  ];
}
