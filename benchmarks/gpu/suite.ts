import { openDevice } from '@trestle/core';
import { faster, GIGA_PER_MS, rowsFor } from '../core/comparisons.ts';
import { installPeers, peerVersions } from '../core/peers.ts';
import { sidesFor } from '../core/sides.ts';
import type { Workload } from '../core/workload.ts';
import type { Comparison, Suite, SuiteOptions } from '../runner/comparison.ts';

const JAX = 'jax-js on WebGPU';
const TFJS = 'tfjs-webgpu';
const PEERS = faster([JAX, TFJS], 1);

/** What a run took, as a rate: so many operations, bytes or steps. */
const rate = (
  name: string,
  unit: string,
  amount: number,
  workload: Workload,
  roundMs: number,
): Comparison => ({
  rows: rowsFor(name, 'rate', unit, [PEERS]),
  ...sidesFor(['ours on WebGPU', JAX, TFJS], {
    workload,
    roundMs,
    toReadings: ({ bestMs }) => ({ rate: amount / bestMs }),
  }),
});

function comparisons(roundMs: number): readonly Comparison[] {
  const product = (name: string, workload: Extract<Workload, { kind: 'matmul' }>): Comparison => {
    const { batch = 1, m, k, n } = workload;
    return rate(name, 'GFLOP/s', 2 * batch * m * k * n * GIGA_PER_MS, workload, roundMs);
  };
  const steps = (name: string, workload: Workload): Comparison =>
    rate(name, 'steps/s', 1000, workload, roundMs);
  const [rows, columns] = [16_384, 4096];
  const over = (kind: 'softmax' | 'layerNorm' | 'sum' | 'argmax', written: number): Comparison =>
    rate(
      `${kind} ${rows}x${columns}`,
      'GB/s',
      4 * (1 + written) * rows * columns * GIGA_PER_MS,
      { kind, rows, columns },
      roundMs,
    );
  const chained = 64 * 2 ** 20;
  const block = { kind: 'transformer', length: 2048, features: 1024, heads: 16 } as const;
  return [
    ...[1024, 2048, 4096].map((n) => product(`matmul ${n}`, { kind: 'matmul', m: n, k: n, n })),
    product('matmul 4096, transposed', { kind: 'matmul', m: 4096, k: 4096, n: 4096, isTransposed: true }),
    product('matmul 256 x 256x256', { kind: 'matmul', batch: 256, m: 256, k: 256, n: 256 }),
    rate(
      'matrix-vector 8192',
      'GB/s',
      4 * 8192 ** 2 * GIGA_PER_MS,
      { kind: 'matmul', m: 8192, k: 8192, n: 1 },
      roundMs,
    ),
    rate(
      'conv 3x3, 64 channels, 64 images',
      'GFLOP/s',
      64 * 2 * 56 ** 2 * 64 ** 2 * 9 * GIGA_PER_MS,
      { kind: 'conv', n: 64, size: 56, channels: 64, isDepthwise: false },
      roundMs,
    ),
    steps('MLP 4096 step, adam', {
      kind: 'mlp',
      batch: 1024,
      sizes: [4096, 4096, 4096, 10],
      optimizer: 'adam',
    }),
    steps('ConvNet step', { kind: 'convnet', batch: 512, size: 28, channels: [32, 64], hidden: 256 }),
    steps('transformer block 2048 x 1024', { ...block, isTraining: false }),
    steps('transformer step 2048 x 1024', { ...block, isTraining: true }),
    over('softmax', 1),
    over('layerNorm', 1),
    over('sum', 0),
    over('argmax', 0),
    rate(
      'ten element-wise, 64M',
      'GB/s',
      8 * chained * GIGA_PER_MS,
      { kind: 'chain', count: chained },
      roundMs,
    ),
  ];
}

export const suite: Suite = {
  summary: 'tensors at sizes that keep a real GPU busy, against other libraries on WebGPU',
  rounds: 5,
  facts() {
    installPeers();
    return peerVersions();
  },
  async comparisons({ isQuick }: SuiteOptions) {
    const { name } = await openDevice();
    if (name !== 'webgpu')
      throw new TypeError('There is no real GPU here, and on a software adapter these sizes take hours.');
    return comparisons(isQuick ? 60 : 300);
  },
};
