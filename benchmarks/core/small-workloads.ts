import type { Workload } from './workload.ts';

/** Every kind of work, so small that a test can do it; each length differs from its neighbours where it can. */
export const smallWorkloads: Readonly<Record<string, Workload>> = {
  'a matrix product': { kind: 'matmul', m: 7, k: 33, n: 18 },
  'products of a batch, transposed': { kind: 'matmul', batch: 3, m: 5, k: 9, n: 17, isTransposed: true },
  'a matrix times a vector': { kind: 'matmul', m: 20, k: 13, n: 1 },
  'steps of dense layers with SGD': { kind: 'mlp', batch: 12, sizes: [21, 16, 10], optimizer: 'sgd' },
  'steps of dense layers with Adam': { kind: 'mlp', batch: 12, sizes: [21, 16, 10], optimizer: 'adam' },
  'steps of a convolutional net': { kind: 'convnet', batch: 3, size: 8, channels: [4, 6], hidden: 9 },
  'a convolution': { kind: 'conv', n: 2, size: 7, channels: 6, isDepthwise: false },
  'gradients of a convolution': {
    kind: 'conv',
    n: 2,
    size: 7,
    channels: 6,
    isDepthwise: false,
    isTraining: true,
  },
  'a depthwise convolution': { kind: 'conv', n: 2, size: 7, channels: 6, isDepthwise: true },
  'gradients of a depthwise convolution': {
    kind: 'conv',
    n: 2,
    size: 7,
    channels: 6,
    isDepthwise: true,
    isTraining: true,
  },
  'a transformer block': { kind: 'transformer', length: 6, features: 16, heads: 4, isTraining: false },
  'steps of a transformer block': {
    kind: 'transformer',
    length: 6,
    features: 16,
    heads: 4,
    isTraining: true,
  },
  'softmax over rows': { kind: 'softmax', rows: 5, columns: 19 },
  'normalised rows': { kind: 'layerNorm', rows: 5, columns: 19 },
  'sums of rows': { kind: 'sum', rows: 5, columns: 19 },
  'places of the largest': { kind: 'argmax', rows: 5, columns: 19 },
  'ten element-wise operations': { kind: 'chain', count: 100 },
  'twenty tiny operations': { kind: 'tiny' },
};
