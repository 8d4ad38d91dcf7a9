import {
  compressWeights,
  type GraphBuilder,
  graphBuilder,
  int,
  ints,
  type OnnxModel,
  quantize,
} from '@trestle/onnx';
import { fill } from '../core/values.ts';

/** A network of random weights in the shape of a known one: what is measured depends on shapes alone. */
export type Network =
  | { readonly kind: 'resnet50' | 'mobilenetv2'; readonly size: number }
  | {
      readonly kind: 'bert';
      readonly layers: number;
      readonly length: number;
      /** Products in integers, or weights of 4 bits. */
      readonly as?: 'int8' | 'int4';
    }
  /** Boosted trees of 63 nodes over 28 features. */
  | { readonly kind: 'trees'; readonly trees: number }
  /** One product with a weight of so many megabytes. */
  | { readonly kind: 'weights'; readonly megabytes: number };

interface Built {
  readonly model: OnnxModel;
  /** The feeds of a batch: all that a session of any runtime needs. */
  feeds(batch: number): Readonly<Record<string, Feed>>;
}
export type Feed =
  | { readonly type: 'float32'; readonly dims: readonly number[]; readonly data: Float32Array }
  | { readonly type: 'int64'; readonly dims: readonly number[]; readonly data: BigInt64Array };

const float = (value: number) => ({ kind: 'float', value }) as const;
const sizeOf = (dims: readonly number[]): number => dims.reduce((product, length) => product * length, 1);

/** Weights that keep the size of what goes through them. */
function weightsOf(graph: GraphBuilder): (dims: readonly number[], scale: number, middle?: number) => string {
  let seed = 1;
  return (dims, scale, middle = 0) => {
    seed += 1;
    const data = fill(seed, sizeOf(dims), scale);
    if (middle !== 0) for (let i = 0; i < data.length; i++) data[i] = (data[i] ?? 0) + middle;
    return graph.constant('float32', dims, data);
  };
}

/** @throws nothing: every kind is here */
export function build(network: Network): Built {
  switch (network.kind) {
    case 'resnet50':
      return image(network.size, resnet50);
    case 'mobilenetv2':
      return image(network.size, mobileNetV2);
    case 'bert':
      return inIntegers(bert(network.layers, network.length), network.as);
    case 'trees':
      return boosted(network.trees);
    case 'weights':
      return large(network.megabytes);
  }
}

function inIntegers({ model, feeds }: Built, as: 'int8' | 'int4' | undefined): Built {
  if (as === 'int4') return { model: compressWeights(model, 'int4').model, feeds };
  return { model: as === 'int8' ? quantize(model).model : model, feeds };
}

const modelOf = (
  graph: GraphBuilder,
  name: string,
  inputs: OnnxModel['graph']['inputs'],
  output: string,
  dims: readonly (number | string)[],
): OnnxModel => ({
  irVersion: 8,
  opsets: graph.opsets(),
  producer: 'trestle benchmarks',
  metadata: {},
  graph: {
    name,
    inputs,
    outputs: [{ name: output, type: 'float32', dims }],
    initializers: graph.initializers,
    nodes: graph.nodes,
  },
});

interface Layers {
  readonly graph: GraphBuilder;
  /** A convolution of odd size with the normalisation behind it, as training leaves them. */
  convolution(x: string, from: number, to: number, size: number, stride?: number, group?: number): string;
  dense(x: string, from: number, to: number): string;
}

function image(size: number, body: (layers: Layers) => string): Built {
  const graph = graphBuilder([{ domain: '', version: 17 }]);
  const weight = weightsOf(graph);
  const layers: Layers = {
    graph,
    convolution(x, from, to, kernel, stride = 1, group = 1) {
      const inner = (from / group) * kernel * kernel;
      const made = graph.add('Conv', [x, weight([to, from / group, kernel, kernel], Math.sqrt(3 / inner))], {
        kernel_shape: ints(kernel, kernel),
        strides: ints(stride, stride),
        pads: ints(...new Array<number>(4).fill((kernel - 1) / 2)),
        group: int(group),
      });
      const statistics = [weight([to], 0.2, 1), weight([to], 0.1), weight([to], 0.1), weight([to], 0.2, 1)];
      return graph.add('BatchNormalization', [made, ...statistics], { epsilon: float(1e-5) });
    },
    dense: (x, from, to) =>
      graph.add('Gemm', [x, weight([to, from], Math.sqrt(3 / from)), weight([to], 0.1)], { transB: int(1) }),
  };
  const output = body(layers);
  const inputs = [{ name: 'x', type: 'float32', dims: ['batch', 3, size, size] }] as const;
  return {
    model: modelOf(graph, 'image', inputs, output, ['batch', 1000]),
    feeds: (batch) => {
      const dims = [batch, 3, size, size];
      return { x: { type: 'float32', dims, data: fill(1, sizeOf(dims)) } };
    },
  };
}

/** He et al. 2015, table 1. */
function resnet50({ graph, convolution, dense }: Layers): string {
  const relu = (x: string): string => graph.add('Relu', [x]);
  let x = relu(convolution('x', 3, 64, 7, 2));
  x = graph.add('MaxPool', [x], { kernel_shape: ints(3, 3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) });
  let channels = 64;
  for (const [stage, blocks] of [3, 4, 6, 3].entries()) {
    const inner = 64 * 2 ** stage;
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 && stage > 0 ? 2 : 1;
      let y = relu(convolution(x, channels, inner, 1));
      y = relu(convolution(y, inner, inner, 3, stride));
      y = convolution(y, inner, 4 * inner, 1);
      const short = block === 0 ? convolution(x, channels, 4 * inner, 1, stride) : x;
      x = relu(graph.add('Add', [y, short]));
      channels = 4 * inner;
    }
  }
  const flat = graph.add('Flatten', [graph.add('GlobalAveragePool', [x])], { axis: int(1) });
  return dense(flat, channels, 1000);
}

/** Sandler et al. 2018, table 2. */
function mobileNetV2({ graph, convolution, dense }: Layers): string {
  const low = graph.constant('float32', [], Float32Array.of(0));
  const high = graph.constant('float32', [], Float32Array.of(6));
  const relu6 = (x: string): string => graph.add('Clip', [x, low, high]);
  let x = relu6(convolution('x', 3, 32, 3, 2));
  let channels = 32;
  const stages = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const;
  for (const [expansion, outputs, repeats, first] of stages)
    for (let block = 0; block < repeats; block++) {
      const stride = block === 0 ? first : 1;
      const inner = expansion * channels;
      let y = expansion === 1 ? x : relu6(convolution(x, channels, inner, 1));
      y = relu6(convolution(y, inner, inner, 3, stride, inner));
      y = convolution(y, inner, outputs, 1);
      x = stride === 1 && channels === outputs ? graph.add('Add', [y, x]) : y;
      channels = outputs;
    }
  x = relu6(convolution(x, channels, 1280, 1));
  const flat = graph.add('Flatten', [graph.add('GlobalAveragePool', [x])], { axis: int(1) });
  return dense(flat, 1280, 1000);
}

const [FEATURES, HEADS, WORDS] = [768, 12, 30522];

/** Devlin et al. 2018, base, as PyTorch's exporter writes it: gelu and attention in their parts, a mask that is added. */
function bert(layers: number, length: number): Built {
  const graph = graphBuilder([{ domain: '', version: 17 }]);
  const weight = weightsOf(graph);
  const scalar = (value: number): string => graph.constant('float32', [], Float32Array.of(value));
  const shape = (...dims: number[]): string => graph.constant('int64', [dims.length], dims);
  const { add } = graph;
  const linear = (x: string, from: number, to: number): string =>
    add('Add', [weight([to], 0.1), add('MatMul', [x, weight([from, to], Math.sqrt(3 / from))])]);
  const norm = (x: string): string =>
    add('LayerNormalization', [x, weight([FEATURES], 0.2, 1), weight([FEATURES], 0.1)], {
      axis: int(-1),
      epsilon: float(1e-12),
    });
  const words = add('Gather', [weight([WORDS, FEATURES], 1), 'input_ids']);
  let x = norm(add('Add', [words, weight([1, length, FEATURES], 1)]));
  const seen = add('Unsqueeze', [add('Cast', ['attention_mask'], { to: int(1) }), shape(1, 2)]);
  const mask = add('Mul', [add('Sub', [scalar(1), seen]), scalar(-10000)]);
  const apart = (y: string, ...perm: number[]): string =>
    add('Transpose', [add('Reshape', [y, shape(0, 0, HEADS, FEATURES / HEADS)])], { perm: ints(...perm) });
  for (let layer = 0; layer < layers; layer++) {
    const query = apart(linear(x, FEATURES, FEATURES), 0, 2, 1, 3);
    const key = apart(linear(x, FEATURES, FEATURES), 0, 2, 3, 1);
    const value = apart(linear(x, FEATURES, FEATURES), 0, 2, 1, 3);
    const scores = add('Div', [add('MatMul', [query, key]), scalar(Math.sqrt(FEATURES / HEADS))]);
    const weights = add('Softmax', [add('Add', [scores, mask])], { axis: int(-1) });
    const mixed = add('Transpose', [add('MatMul', [weights, value])], { perm: ints(0, 2, 1, 3) });
    const joined = add('Reshape', [mixed, shape(0, 0, FEATURES)]);
    x = norm(add('Add', [linear(joined, FEATURES, FEATURES), x]));
    const wide = linear(x, FEATURES, 4 * FEATURES);
    const erf = add('Erf', [add('Div', [wide, scalar(Math.SQRT2)])]);
    const gelu = add('Mul', [add('Mul', [wide, add('Add', [erf, scalar(1)])]), scalar(0.5)]);
    x = norm(add('Add', [linear(gelu, 4 * FEATURES, FEATURES), x]));
  }
  const inputs = ['input_ids', 'attention_mask'].map(
    (name) => ({ name, type: 'int64', dims: ['batch', length] }) as const,
  );
  return {
    model: modelOf(graph, 'bert', inputs, x, ['batch', length, FEATURES]),
    feeds: (batch) => {
      const dims = [batch, length];
      const ids = BigInt64Array.from({ length: batch * length }, (_, i) => BigInt((i * 7919) % WORDS));
      return {
        input_ids: { type: 'int64', dims, data: ids },
        attention_mask: { type: 'int64', dims, data: new BigInt64Array(batch * length).fill(1n) },
      };
    },
  };
}

const [COLUMNS, DEPTH] = [28, 5];

function boosted(trees: number): Built {
  const graph = graphBuilder([
    { domain: '', version: 17 },
    { domain: 'ai.onnx.ml', version: 3 },
  ]);
  const perTree = 2 ** (DEPTH + 1) - 1;
  const inner = 2 ** DEPTH - 1;
  const all = Array.from({ length: trees * perTree }, (_, i) => ({
    tree: Math.floor(i / perTree),
    node: i % perTree,
  }));
  const thresholds = fill(3, all.length);
  const leaves = all.filter(({ node }) => node >= inner);
  const weights = fill(4, leaves.length, 0.1);
  const isInner = (node: number): boolean => node < inner;
  const numbers = (value: readonly number[]) => ints(...value);
  const output = graph.add(
    'TreeEnsembleRegressor',
    ['x'],
    {
      n_targets: int(1),
      nodes_treeids: numbers(all.map(({ tree }) => tree)),
      nodes_nodeids: numbers(all.map(({ node }) => node)),
      nodes_featureids: numbers(all.map(({ node }, i) => (isInner(node) ? (i * 31) % COLUMNS : 0))),
      nodes_modes: { kind: 'strings', value: all.map(({ node }) => (isInner(node) ? 'BRANCH_LEQ' : 'LEAF')) },
      nodes_values: {
        kind: 'floats',
        value: all.map(({ node }, i) => (isInner(node) ? (thresholds[i] ?? 0) : 0)),
      },
      nodes_truenodeids: numbers(all.map(({ node }) => (isInner(node) ? 2 * node + 1 : 0))),
      nodes_falsenodeids: numbers(all.map(({ node }) => (isInner(node) ? 2 * node + 2 : 0))),
      target_treeids: numbers(leaves.map(({ tree }) => tree)),
      target_nodeids: numbers(leaves.map(({ node }) => node)),
      target_ids: numbers(leaves.map(() => 0)),
      target_weights: { kind: 'floats', value: [...weights] },
    },
    'ai.onnx.ml',
  );
  return {
    model: modelOf(graph, 'trees', [{ name: 'x', type: 'float32', dims: ['batch', COLUMNS] }], output, [
      'batch',
      1,
    ]),
    feeds: (batch) => ({ x: { type: 'float32', dims: [batch, COLUMNS], data: fill(1, batch * COLUMNS) } }),
  };
}

function large(megabytes: number): Built {
  const graph = graphBuilder([{ domain: '', version: 17 }]);
  const rows = (megabytes * 2 ** 20) / 4 / 1024;
  const output = graph.add('MatMul', ['x', weightsOf(graph)([rows, 1024], 0.01)]);
  return {
    model: modelOf(graph, 'weights', [{ name: 'x', type: 'float32', dims: ['batch', rows] }], output, [
      'batch',
      1024,
    ]),
    feeds: (batch) => ({ x: { type: 'float32', dims: [batch, rows], data: fill(1, batch * rows) } }),
  };
}
