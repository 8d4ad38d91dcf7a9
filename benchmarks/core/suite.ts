import process from 'node:process';
import type { Comparison, Suite, SuiteOptions } from '../runner/comparison.ts';
import { onAllCores } from './all-cores.ts';
import { comparisonsOf, faster, rowsFor } from './comparisons.ts';
import { onWebGpu } from './on-webgpu.ts';
import { installPeers, peerVersions } from './peers.ts';
import { ALL_PEERS, JS_PEERS, sidesFor } from './sides.ts';
import { startUp } from './start-up.ts';
import type { Workload } from './workload.ts';

const [FULL_ROUND_MS, QUICK_ROUND_MS] = [300, 60];

/** The table of the core's speed on one thread of the CPU. Everything is float32. */
function onOneThread(roundMs: number): readonly Comparison[] {
  const { compute, memory, step } = comparisonsOf(roundMs);
  const product = (m: number, k: number, n: number, more: object = {}): Workload => ({
    kind: 'matmul',
    m,
    k,
    n,
    ...more,
  });
  const peak = [faster('limit', 0.8), faster(['jax-js', 'tfjs-wasm'], 1.8)];
  const best = faster(JS_PEERS, 1);
  const atPeak = (n: number, isTransposed: boolean): Comparison =>
    compute(
      {
        name: `matmul ${n}${isTransposed ? ', transposed' : ''}`,
        workload: product(n, n, n, { isTransposed }),
      },
      2 * n ** 3,
      peak,
    );
  const small = (n: number): Comparison =>
    compute({ name: `matmul ${n}`, workload: product(n, n, n) }, 2 * n ** 3, [best]);
  const sizes = [784, 256, 128, 10];
  const trainingPeers = ['jax-js', 'tfjs-wasm', 'pytorch'] as const;
  const mlp = (optimizer: 'sgd' | 'adam'): Comparison =>
    step(
      {
        name: `MLP step, ${optimizer}`,
        workload: { kind: 'mlp', batch: 128, sizes, optimizer },
        peers: trainingPeers,
      },
      [faster('jax-js', 1.7), faster('tfjs-wasm', 6), faster('pytorch', 0.6)],
    );
  const faster15 = [faster(JS_PEERS, 1.5)];
  const trained15 = [faster(['jax-js', 'tfjs-wasm'], 1.5)];
  const conv = { kind: 'conv', n: 1, size: 56, channels: 64 } as const;
  const convFlops = 2 * 56 * 56 * 64 * 9;
  const block = { kind: 'transformer', length: 256, features: 256, heads: 8 } as const;
  const [rows, columns] = [4096, 1024];
  const bytes = 4 * rows * columns;
  const overRows = (kind: 'softmax' | 'layerNorm' | 'sum' | 'argmax', written: number): Comparison =>
    memory({ name: `${kind} ${rows}x${columns}`, workload: { kind, rows, columns } }, bytes, written, [
      faster('limit', 0.7),
    ]);
  const count = 16 * 2 ** 20;

  return [
    ...[512, 1024, 2048].flatMap((n) => [atPeak(n, false), atPeak(n, true)]),
    ...[16, 32, 64, 128, 256].map(small),
    compute({ name: 'matmul 64 x 64x64', workload: product(64, 64, 64, { batch: 64 }) }, 64 * 2 * 64 ** 3, [
      best,
    ]),
    memory({ name: 'matrix-vector 4096', workload: product(4096, 4096, 1) }, 4 * 4096 ** 2, 0, [
      faster('limit', 0.8),
      best,
    ]),
    mlp('sgd'),
    mlp('adam'),
    step(
      {
        name: 'ConvNet step',
        workload: { kind: 'convnet', batch: 64, size: 28, channels: [16, 32], hidden: 128 },
        peers: trainingPeers,
      },
      trained15,
    ),
    compute(
      { name: 'conv 3x3, 64 channels', workload: { ...conv, isDepthwise: false } },
      convFlops * 64,
      faster15,
    ),
    compute(
      {
        name: 'conv 3x3, gradients',
        workload: { ...conv, isDepthwise: false, isTraining: true },
        peers: trainingPeers,
      },
      convFlops * 64 * 3,
      trained15,
    ),
    compute({ name: 'depthwise 3x3', workload: { ...conv, isDepthwise: true } }, convFlops, faster15),
    compute(
      {
        name: 'depthwise 3x3, gradients',
        workload: { ...conv, isDepthwise: true, isTraining: true },
        peers: trainingPeers,
      },
      convFlops * 3,
      trained15,
    ),
    step({ name: 'transformer block', workload: { ...block, isTraining: false } }, faster15),
    step(
      { name: 'transformer step', workload: { ...block, isTraining: true }, peers: trainingPeers },
      trained15,
    ),
    overRows('softmax', bytes),
    overRows('layerNorm', bytes),
    overRows('sum', 0),
    overRows('argmax', 0),
    memory({ name: 'ten element-wise, 16M', workload: { kind: 'chain', count } }, 4 * count, 4 * count, [
      faster('limit', 0.7),
    ]),
    {
      rows: rowsFor('20 tiny operations', 'us', 'µs', [{ over: 'itself', atMost: 30 }]),
      ...sidesFor(['ours', ...ALL_PEERS], {
        workload: { kind: 'tiny' },
        roundMs,
        toReadings: ({ bestMs }) => ({ us: 1000 * bestMs }),
      }),
    },
  ];
}

export const suite: Suite = {
  summary:
    'tensors against other libraries, and against what the machine can do; one thread unless a row says otherwise',
  facts() {
    installPeers();
    return { clock: process.env.BENCH_CLOCK === 'cpu' ? 'CPU time' : 'time', ...peerVersions() };
  },
  comparisons({ isQuick }: SuiteOptions) {
    const roundMs = isQuick ? QUICK_ROUND_MS : FULL_ROUND_MS;
    return [...onOneThread(roundMs), ...onAllCores(roundMs), ...startUp(), ...onWebGpu(roundMs)];
  },
};
