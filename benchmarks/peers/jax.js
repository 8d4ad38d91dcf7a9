// jax-js, under its `jit`, with references counted as it asks for: `.ref` keeps what the next call would take.
import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
} from '@jax-js/jax';
import { fill, labels, sampled } from '../core/values.ts';
import { LEARNING_RATE } from '../core/workload.ts';
import { offerWebGpu } from './webgpu.js';

/** @param {import('../core/workload.ts').Workload} workload */
export async function open(workload) {
  const device = process.env.BENCH_DEVICE === 'webgpu' ? 'webgpu' : 'wasm';
  if (device === 'webgpu') await offerWebGpu();
  await init(device);
  defaultDevice(device);
  if (workload.kind === 'mlp') return await mlp(workload);
  if (workload.kind === 'convnet') return await convnet(workload);
  if (workload.kind === 'transformer' && workload.isTraining) return await transformerStep(workload);
  const { fn, args, layout } = inference(workload);
  return await called(fn, args, layout);
}

const filled = (seed, shape, scale = 1) =>
  np
    .array(
      fill(
        seed,
        shape.reduce((product, length) => product * length, 1),
        scale,
      ),
    )
    .reshape(shape);

const valuesOf = async (array) => await array.data();

/** Calls a function again and again; the first of its results is compared. */
async function called(fn, args, layout = (array) => array) {
  const compiled = jit(fn);
  const call = () => compiled(...args.map((arg) => arg.ref));
  const value = call();
  const [first, ...rest] = Array.isArray(value) ? value : [value];
  for (const one of rest) one.dispose();
  const result = sampled(await valuesOf(layout(first)));
  return {
    result,
    async run() {
      const done = call();
      await blockUntilReady(done);
      tree.dispose(done);
    },
  };
}

const swapLast = (x) => np.transpose(x, [...Array(x.ndim - 2).keys(), x.ndim - 1, x.ndim - 2]);
const toChannelsFirst = (x) => np.transpose(x, [0, 3, 1, 2]);
const toChannelsLast = (x) => np.transpose(x, [0, 2, 3, 1]);
const same = [
  [1, 1],
  [1, 1],
];

function inference(workload) {
  switch (workload.kind) {
    case 'matmul': {
      const { batch, m, k, n, isTransposed } = workload;
      const many = batch === undefined ? [] : [batch];
      const args = [filled(1, [...many, m, k]), filled(2, [...many, ...(isTransposed ? [n, k] : [k, n])])];
      return { fn: (x, y) => np.matmul(x, isTransposed ? swapLast(y) : y), args };
    }
    case 'conv':
      return convolution(workload);
    case 'softmax':
      return { fn: (x) => nn.softmax(x, -1), args: [filled(1, [workload.rows, workload.columns], 4)] };
    case 'sum':
      return { fn: (x) => np.sum(x, -1), args: [filled(1, [workload.rows, workload.columns], 4)] };
    case 'argmax':
      return { fn: (x) => np.argmax(x, -1), args: [filled(1, [workload.rows, workload.columns], 4)] };
    case 'layerNorm': {
      const { rows, columns } = workload;
      return {
        fn: layerNorm,
        args: [filled(1, [rows, columns], 4), filled(2, [columns]), filled(3, [columns])],
      };
    }
    case 'chain':
      return { fn: tenOperations, args: [filled(1, [workload.count])] };
    case 'tiny':
      return { fn: twenty, args: [filled(1, [4, 4]), filled(2, [4, 4]), filled(3, [4])] };
    case 'transformer': {
      const parameters = blockParameters(workload.features);
      const x = filled(1, [1, workload.length, workload.features]);
      const names = Object.keys(parameters);
      return {
        fn: (input, ...values) =>
          block(Object.fromEntries(names.map((name, i) => [name, values[i]])), input, workload.heads),
        args: [x, ...names.map((name) => parameters[name])],
      };
    }
    default:
      throw new Error(`jax-js has no ${workload.kind} here.`);
  }
}

function convolution({ n, size, channels, isDepthwise, isTraining }) {
  const x = toChannelsFirst(filled(1, [n, size, size, channels]));
  // [3, 3, in, out] -> [out, in, 3, 3]
  const weight = np.transpose(filled(2, [3, 3, isDepthwise ? 1 : channels, channels], 1 / 3), [3, 2, 0, 1]);
  const options = isDepthwise ? { featureGroupCount: channels } : {};
  const forward = (input, kernel) => lax.convGeneralDilated(input, kernel, [1, 1], same, options);
  if (!isTraining) return { fn: forward, args: [x, weight], layout: toChannelsLast };
  const mean = (input, kernel) => {
    const y = forward(input, kernel);
    return np.mean(y.ref.mul(y));
  };
  return {
    fn: (input, kernel) => {
      const [value, [dInput, dKernel]] = valueAndGrad(mean, { argnums: [0, 1] })(input, kernel);
      value.dispose();
      return [dKernel, dInput];
    },
    args: [x, weight],
    layout: (kernel) => np.transpose(kernel, [2, 3, 1, 0]),
  };
}

function layerNorm(x, scale, bias) {
  const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
  const variance = np.mean(centred.ref.mul(centred.ref), -1, { keepdims: true });
  return centred
    .div(np.sqrt(variance.add(1e-5)))
    .mul(scale)
    .add(bias);
}

const tenOperations = (x) => {
  const first = np.maximum(np.abs(x.ref.mul(1.5).add(0.25)), 0.5).neg();
  return np.minimum(first.mul(x.ref).sub(1), 0.75).mul(0.5).add(x);
};

function twenty(x, w, b) {
  let h = x;
  for (let n = 0; n < 5; n++) {
    h = np.tanh(np.matmul(h, w.ref).add(b.ref));
    h = h.ref.sub(np.mean(h, -1, { keepdims: true }));
  }
  w.dispose();
  b.dispose();
  return h;
}

function layersOf(seed, sizes) {
  const layers = {};
  for (let layer = 0; layer + 1 < sizes.length; layer++) {
    layers[`w${layer}`] = filled(
      seed + 2 * layer,
      [sizes[layer], sizes[layer + 1]],
      Math.sqrt(3 / sizes[layer]),
    );
    layers[`b${layer}`] = filled(seed + 2 * layer + 1, [sizes[layer + 1]], 0.1);
  }
  return layers;
}

function dense(layers, x, count) {
  let h = x;
  for (let layer = 0; layer < count; layer++) {
    h = np.matmul(h, layers[`w${layer}`]).add(layers[`b${layer}`]);
    if (layer + 1 < count) h = nn.relu(h);
  }
  return h;
}

/** @param {number} classes */
const targetsOf = (batch, classes) =>
  np
    .array(
      Float32Array.from({ length: batch * classes }, (_, i) =>
        Number(labels(batch, classes)[Math.floor(i / classes)] === i % classes),
      ),
    )
    .reshape([batch, classes]);

const crossEntropy = (logits, wanted) => np.mean(np.sum(nn.logSoftmax(logits, -1).mul(wanted), -1)).neg();

/** Training: the losses of the first three steps, and what the first parameter became. */
async function trained(start, lossOf, inputs, optimizer) {
  const stepOf = valueAndGrad(lossOf);
  const isAdam = optimizer === 'adam';
  const zeros = () => tree.map((p) => np.zeros(p.shape), start);
  let state = isAdam ? { p: start, m: zeros(), v: zeros(), t: np.array([0]) } : { p: start };
  const step = jit((before, ...given) => {
    const [loss, g] = stepOf(tree.ref(before.p), ...given);
    return [
      loss,
      isAdam ? adam(before, g) : { p: tree.map((p, d) => p.sub(d.mul(LEARNING_RATE.sgd)), before.p, g) },
    ];
  });
  const once = () => {
    const [loss, after] = step(state, ...inputs.map((input) => input.ref));
    state = after;
    return loss;
  };
  const losses = [];
  for (let n = 0; n < 3; n++) losses.push((await valuesOf(once()))[0]);
  const [first] = tree.leaves(state.p);
  const name = Object.keys(start)[0];
  const weight = sampled(await valuesOf((state.p[name] ?? first).ref));
  return {
    result: [...losses, ...weight],
    async run() {
      const loss = once();
      await blockUntilReady([loss, state]);
      loss.dispose();
    },
  };
}

function adam({ p, m, v, t }, g) {
  const step = t.add(1);
  const means = tree.map((mean, d) => mean.mul(0.9).add(d.mul(0.1)), m, tree.ref(g));
  const squares = tree.map((square, d) => square.mul(0.999).add(d.ref.mul(d).mul(0.001)), v, g);
  const unbias = (beta) =>
    np
      .exp(step.ref.mul(Math.log(beta)))
      .neg()
      .add(1);
  const [meanShare, squareShare] = [unbias(0.9), unbias(0.999)];
  const next = tree.map(
    (one, mean, square) =>
      one.sub(
        mean
          .div(meanShare.ref)
          .mul(LEARNING_RATE.adam)
          .div(np.sqrt(square.div(squareShare.ref)).add(1e-8)),
      ),
    p,
    tree.ref(means),
    tree.ref(squares),
  );
  meanShare.dispose();
  squareShare.dispose();
  return { p: next, m: means, v: squares, t: step };
}

function mlp({ batch, sizes, optimizer }) {
  const inputs = [filled(1, [batch, sizes[0]]), targetsOf(batch, sizes.at(-1))];
  const lossOf = (p, x, y) => crossEntropy(dense(p, x, sizes.length - 1), y);
  return trained(layersOf(2, sizes), lossOf, inputs, optimizer);
}

function convnet({ batch, size, channels: [first, second], hidden }) {
  const kernel = (seed, shape, scale) => np.transpose(filled(seed, shape, scale), [3, 2, 0, 1]);
  const flat = (size / 4) ** 2 * second;
  const parameters = {
    first: kernel(2, [3, 3, 1, first], Math.sqrt(3 / 9)),
    second: kernel(3, [3, 3, first, second], Math.sqrt(3 / (9 * first))),
    ...layersOf(4, [flat, hidden, 10]),
  };
  const pool = (x) => {
    const [n, c, h, w] = x.shape;
    return np.max(x.reshape([n, c, h / 2, 2, w / 2, 2]), [3, 5]);
  };
  const lossOf = (p, x, y) => {
    const { first: one, second: two, ...layers } = p;
    const once = pool(nn.relu(lax.convGeneralDilated(x, one, [1, 1], same)));
    const twice = pool(nn.relu(lax.convGeneralDilated(once, two, [1, 1], same)));
    return crossEntropy(dense(layers, toChannelsLast(twice).reshape([batch, flat]), 2), y);
  };
  const inputs = [toChannelsFirst(filled(1, [batch, size, size, 1])), targetsOf(batch, 10)];
  return trainedConvnet(parameters, lossOf, inputs);
}

/** The first kernel is compared as [3, 3, in, out]. */
async function trainedConvnet(parameters, lossOf, inputs) {
  const work = await trained(parameters, lossOf, inputs, 'sgd');
  const [losses, kernel] = [work.result.slice(0, 3), work.result.slice(3)];
  const outputs = kernel.length / 9;
  const turned = kernel.map((_, i) => kernel[(i % outputs) * 9 + Math.floor(i / outputs)]);
  return { ...work, result: [...losses, ...turned] };
}

function blockParameters(features) {
  const named = {};
  const norm = (name, seed) => {
    named[`${name}Scale`] = filled(seed, [features]);
    named[`${name}Bias`] = filled(seed + 1, [features], 0.1);
  };
  const linear = (name, seed, inputs, outputs) => {
    named[`${name}W`] = filled(seed, [inputs, outputs], Math.sqrt(3 / inputs));
    named[`${name}B`] = filled(seed + 1, [outputs], 0.1);
  };
  norm('norm1', 2);
  linear('query', 4, features, features);
  linear('key', 6, features, features);
  linear('value', 8, features, features);
  linear('output', 10, features, features);
  norm('norm2', 12);
  linear('expand', 14, features, 4 * features);
  linear('contract', 16, 4 * features, features);
  return named;
}

/** Takes one reference of each parameter and of x. */
function block(p, x, heads) {
  const [, length, features] = x.shape;
  const linear = (name, input) => np.matmul(input, p[`${name}W`]).add(p[`${name}B`]);
  const split = (t) => np.transpose(t.reshape([1, length, heads, features / heads]), [0, 2, 1, 3]);
  const normed = layerNorm(x.ref, p.norm1Scale, p.norm1Bias);
  const query = split(linear('query', normed.ref)).mul(1 / Math.sqrt(features / heads));
  const key = split(linear('key', normed.ref));
  const value = split(linear('value', normed));
  const seen = np.matmul(nn.softmax(np.matmul(query, swapLast(key)), -1), value);
  const joined = np.transpose(seen, [0, 2, 1, 3]).reshape([1, length, features]);
  const h = x.add(linear('output', joined));
  const wide = linear('expand', layerNorm(h.ref, p.norm2Scale, p.norm2Bias));
  const gelu = wide.ref.mul(0.5).mul(lax.erf(wide.mul(Math.SQRT1_2)).add(1));
  return h.add(linear('contract', gelu));
}

function transformerStep({ length, features, heads }) {
  const lossOf = (p, x) => {
    const y = block(p, x, heads);
    return np.mean(y.ref.mul(y));
  };
  return trained(blockParameters(features), lossOf, [filled(1, [1, length, features])], 'sgd');
}
