// onnxruntime: `BENCH_ORT` says which, `web` (WebAssembly) or `node` (native). Graphs are written with our own ONNX writer; what
// does not change from run to run is an initialiser, so that it can be packed beforehand.
import { writeModel } from '@trestle/onnx';
import { fill, sampled } from '../core/values.ts';

const isNative = process.env.BENCH_ORT === 'node';
const threads = Number(process.env.BENCH_THREADS ?? '1');
const ort = await (isNative ? import('onnxruntime-node') : import('onnxruntime-web'));

const sizeOf = (shape) => shape.reduce((product, length) => product * length, 1);

/** Nodes and initialisers of a graph, in order. */
function newGraph() {
  const nodes = [];
  const initializers = [];
  const int = (value) => ({ kind: 'int', value });
  return {
    nodes,
    initializers,
    int,
    ints: (value) => ({ kind: 'ints', value }),
    float: (value) => ({ kind: 'float', value }),
    /** A node with one output, whose name it gives. */
    node(operator, inputs, attributes = {}) {
      const name = `v${nodes.length}`;
      nodes.push({ name, operator, domain: '', inputs, outputs: [name], attributes });
      return name;
    },
    constant(data, dims, type = 'float32') {
      const name = `c${initializers.length}`;
      initializers.push({ name, type, dims, data });
      return name;
    },
    filled(seed, dims, scale = 1) {
      return this.constant(fill(seed, sizeOf(dims), scale), dims);
    },
    scalar(value) {
      return this.constant(Float32Array.of(value), []);
    },
  };
}

/** @param {import('../core/workload.ts').Workload} workload */
export async function open(workload) {
  const graph = newGraph();
  const built = build(graph, workload);
  if (!built) return { why: 'onnxruntime does not train here' };
  const { x, output, outputShape, outputType = 'float32', layout = (values) => values } = built;
  const bytes = writeModel({
    irVersion: 9,
    opsets: [{ domain: '', version: 20 }],
    producer: 'trestle benchmarks',
    metadata: {},
    graph: {
      name: workload.kind,
      inputs: [{ name: 'x', type: 'float32', dims: x.dims }],
      outputs: [{ name: output, type: outputType, dims: outputShape }],
      initializers: graph.initializers,
      nodes: graph.nodes,
    },
  });
  if (!isNative) ort.env.wasm.numThreads = threads;
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: [isNative ? 'cpu' : 'wasm'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  const feeds = { x: new ort.Tensor('float32', x.data, x.dims) };
  const run = async () => await session.run(feeds);
  const first = (await run())[output];
  return {
    result: sampled(layout(Array.from(first.data, Number))),
    async run() {
      (await run())[output].dispose?.();
    },
  };
}

const input = (dims, scale = 1) => ({ dims, data: fill(1, sizeOf(dims), scale) });

function build(g, workload) {
  switch (workload.kind) {
    case 'matmul':
      return matmul(g, workload);
    case 'conv':
      return workload.isTraining ? undefined : convolution(g, workload);
    case 'transformer':
      return workload.isTraining ? undefined : transformer(g, workload);
    case 'chain':
      return chain(g, workload);
    case 'tiny':
      return tiny(g);
    case 'softmax':
    case 'layerNorm':
    case 'sum':
    case 'argmax':
      return overRows(g, workload);
    default:
      return undefined;
  }
}

function matmul(g, { batch, m, k, n, isTransposed = false }) {
  const many = batch === undefined ? [] : [batch];
  const x = input([...many, m, k]);
  let weight = g.filled(2, [...many, ...(isTransposed ? [n, k] : [k, n])]);
  const perm = [...many.keys(), many.length + 1, many.length];
  if (isTransposed) weight = g.node('Transpose', [weight], { perm: g.ints(perm) });
  return { x, output: g.node('MatMul', ['x', weight]), outputShape: [...many, m, n] };
}

function convolution(g, { n, size, channels, isDepthwise }) {
  const last = fill(1, n * size * size * channels);
  const area = size * size;
  const data = last.map((_, i) => {
    const [image, channel, place] = [
      Math.floor(i / (channels * area)),
      Math.floor(i / area) % channels,
      i % area,
    ];
    return last[(image * area + place) * channels + channel];
  });
  const inputs = isDepthwise ? 1 : channels;
  const stored = fill(2, 9 * inputs * channels, 1 / 3);
  const weight = stored.map((_, i) => {
    const [out, inner, place] = [Math.floor(i / (inputs * 9)), Math.floor(i / 9) % inputs, i % 9];
    return stored[(place * inputs + inner) * channels + out];
  });
  const kernel = g.constant(weight, [channels, inputs, 3, 3]);
  const output = g.node('Conv', ['x', kernel], {
    group: g.int(isDepthwise ? channels : 1),
    pads: g.ints([1, 1, 1, 1]),
    kernel_shape: g.ints([3, 3]),
  });
  return {
    x: { dims: [n, channels, size, size], data },
    output,
    outputShape: [n, channels, size, size],
    layout: (values) =>
      values.map((_, i) => {
        const [image, place, channel] = [
          Math.floor(i / (channels * area)),
          Math.floor(i / channels) % area,
          i % channels,
        ];
        return values[(image * channels + channel) * area + place];
      }),
  };
}

function overRows(g, { kind, rows, columns }) {
  const x = input([rows, columns], 4);
  const axis = g.int(-1);
  if (kind === 'softmax')
    return { x, output: g.node('Softmax', ['x'], { axis }), outputShape: [rows, columns] };
  if (kind === 'layerNorm') {
    const [scale, bias] = [g.filled(2, [columns]), g.filled(3, [columns])];
    const attributes = { axis, epsilon: g.float(1e-5) };
    return {
      x,
      output: g.node('LayerNormalization', ['x', scale, bias], attributes),
      outputShape: [rows, columns],
    };
  }
  if (kind === 'sum') {
    const axes = g.constant([-1], [1], 'int64');
    return { x, output: g.node('ReduceSum', ['x', axes], { keepdims: g.int(0) }), outputShape: [rows] };
  }
  const output = g.node('ArgMax', ['x'], { axis, keepdims: g.int(0) });
  return { x, output, outputShape: [rows], outputType: 'int64' };
}

function chain(g, { count }) {
  const x = input([count]);
  const steps = [
    ['Mul', 1.5],
    ['Add', 0.25],
    ['Abs'],
    ['Max', 0.5],
    ['Neg'],
    ['Mul', 'x'],
    ['Sub', 1],
    ['Min', 0.75],
    ['Mul', 0.5],
    ['Add', 'x'],
  ];
  const output = steps.reduce((before, [operator, operand]) => {
    if (operand === undefined) return g.node(operator, [before]);
    return g.node(operator, [before, operand === 'x' ? 'x' : g.scalar(operand)]);
  }, 'x');
  return { x, output, outputShape: [count] };
}

function tiny(g) {
  const [weight, bias, axes] = [g.filled(2, [4, 4]), g.filled(3, [4]), g.constant([-1], [1], 'int64')];
  let h = 'x';
  for (let n = 0; n < 5; n++) {
    h = g.node('Tanh', [g.node('Add', [g.node('MatMul', [h, weight]), bias])]);
    h = g.node('Sub', [h, g.node('ReduceMean', [h, axes])]);
  }
  return { x: input([4, 4]), output: h, outputShape: [4, 4] };
}

function transformer(g, { length, features, heads }) {
  const linear = (name, seed, inputs, outputs) => {
    const weight = g.filled(seed, [inputs, outputs], Math.sqrt(3 / inputs));
    return g.node('Add', [g.node('MatMul', [name, weight]), g.filled(seed + 1, [outputs], 0.1)]);
  };
  const norm = (name, seed) =>
    g.node('LayerNormalization', [name, g.filled(seed, [features]), g.filled(seed + 1, [features], 0.1)], {
      axis: g.int(-1),
      epsilon: g.float(1e-5),
    });
  const apart = g.constant([1, length, heads, features / heads], [4], 'int64');
  const joined = g.constant([1, length, features], [3], 'int64');
  const split = (name, perm) =>
    g.node('Transpose', [g.node('Reshape', [name, apart])], { perm: g.ints(perm) });
  const normed = norm('x', 2);
  const query = split(linear(normed, 4, features, features), [0, 2, 1, 3]);
  const key = split(linear(normed, 6, features, features), [0, 2, 3, 1]);
  const value = split(linear(normed, 8, features, features), [0, 2, 1, 3]);
  const scaled = g.node('Mul', [query, g.scalar(1 / Math.sqrt(features / heads))]);
  const weights = g.node('Softmax', [g.node('MatMul', [scaled, key])], { axis: g.int(-1) });
  const seen = g.node('Transpose', [g.node('MatMul', [weights, value])], { perm: g.ints([0, 2, 1, 3]) });
  const h = g.node('Add', ['x', linear(g.node('Reshape', [seen, joined]), 10, features, features)]);
  const wide = g.node('Gelu', [linear(norm(h, 12), 14, features, 4 * features)]);
  const output = g.node('Add', [h, linear(wide, 16, 4 * features, features)]);
  return { x: input([1, length, features]), output, outputShape: [1, length, features] };
}
