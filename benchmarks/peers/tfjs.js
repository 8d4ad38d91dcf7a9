// TensorFlow.js, with `tidy` around every run as it asks for. Its optimisers and its `valueAndGrads`.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fill, labels, sampled } from '../core/values.ts';
import { LEARNING_RATE } from '../core/workload.ts';
import { offerWebGpu } from './webgpu.js';

// CommonJS: Node cannot load its modules, whose imports lack extensions.
const require = createRequire(import.meta.url);
const tf = require('@tensorflow/tfjs');

/** @param {import('../core/workload.ts').Workload} workload */
export async function open(workload) {
  if (process.env.BENCH_DEVICE === 'webgpu') await useWebGpu();
  else await useWasm();
  switch (workload.kind) {
    case 'mlp':
      return await mlp(workload);
    case 'convnet':
      return await convnet(workload);
    case 'transformer':
      return workload.isTraining ? await transformerStep(workload) : await transformer(workload);
    default:
      return await called(inference(workload));
  }
}

async function useWasm() {
  const wasm = require('@tensorflow/tfjs-backend-wasm');
  // Its Node build takes a path where the browser's takes an address.
  wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  await tf.setBackend('wasm');
  await tf.ready();
}

async function useWebGpu() {
  await offerWebGpu();
  require('@tensorflow/tfjs-backend-webgpu');
  // Without an adapter it would quietly compute on another backend.
  if (!(await tf.setBackend('webgpu'))) throw new Error('there is no adapter for WebGPU');
}

const isWebGpu = process.env.BENCH_DEVICE === 'webgpu';

const filled = (seed, shape, scale = 1) =>
  tf.tensor(
    fill(
      seed,
      shape.reduce((product, length) => product * length, 1),
      scale,
    ),
    shape,
  );

/** A call only hands work over to a GPU: wait for one value of what it gives. */
async function finished(tensor) {
  if (!isWebGpu) return;
  const one = tf.tidy(() => tensor.flatten().slice(0, 1));
  await one.data();
  one.dispose();
}

async function called(fn) {
  const first = tf.tidy(fn);
  const result = sampled(await first.data());
  first.dispose();
  return {
    result,
    async run() {
      const value = tf.tidy(fn);
      await finished(value);
      value.dispose();
    },
  };
}

function inference(workload) {
  switch (workload.kind) {
    case 'matmul': {
      const { batch, m, k, n, isTransposed } = workload;
      const many = batch === undefined ? [] : [batch];
      const a = filled(1, [...many, m, k]);
      const b = filled(2, [...many, ...(isTransposed ? [n, k] : [k, n])]);
      return () => tf.matMul(a, b, false, isTransposed);
    }
    case 'conv':
      return convolution(workload);
    case 'chain': {
      const x = filled(1, [workload.count]);
      return () => x.mul(1.5).add(0.25).abs().maximum(0.5).neg().mul(x).sub(1).minimum(0.75).mul(0.5).add(x);
    }
    case 'tiny': {
      const [x, w, b] = [filled(1, [4, 4]), filled(2, [4, 4]), filled(3, [4])];
      return () => {
        let h = x;
        for (let n = 0; n < 5; n++) {
          h = h.matMul(w).add(b).tanh();
          h = h.sub(h.mean(-1, true));
        }
        return h;
      };
    }
    default:
      return overRows(workload);
  }
}

function overRows({ kind, rows, columns }) {
  const x = filled(1, [rows, columns], 4);
  if (kind === 'softmax') return () => x.softmax();
  if (kind === 'sum') return () => x.sum(-1);
  if (kind === 'argmax') return () => x.argMax(-1);
  const [scale, bias] = [filled(2, [columns]), filled(3, [columns])];
  return () => layerNorm(x, scale, bias);
}

function layerNorm(x, scale, bias) {
  const { mean, variance } = tf.moments(x, -1, true);
  return x.sub(mean).div(variance.add(1e-5).sqrt()).mul(scale).add(bias);
}

function convolution({ n, size, channels, isDepthwise, isTraining }) {
  const x = filled(1, [n, size, size, channels]);
  const stored = filled(2, [3, 3, isDepthwise ? 1 : channels, channels], 1 / 3);
  const weight = isDepthwise ? stored.reshape([3, 3, channels, 1]) : stored;
  const forward = (input, kernel) =>
    isDepthwise ? tf.depthwiseConv2d(input, kernel, 1, 'same') : tf.conv2d(input, kernel, 1, 'same');
  if (!isTraining) return () => forward(x, weight);
  const gradients = tf.grads((input, kernel) => forward(input, kernel).square().mean());
  return () => {
    const [dInput, dKernel] = gradients([x, weight]);
    dInput.dispose();
    return dKernel;
  };
}

const CLASSES = 10;

const crossEntropy = (logits, wanted) =>
  tf
    .sum(tf.mul(tf.logSoftmax(logits), wanted), -1)
    .mean()
    .neg();
const targetsOf = (batch, classes) =>
  tf.oneHot(tf.tensor1d(labels(batch, classes), 'int32'), classes).toFloat();

function layersOf(seed, sizes) {
  return sizes.slice(1).map((outputs, layer) => ({
    weight: tf.variable(filled(seed + 2 * layer, [sizes[layer], outputs], Math.sqrt(3 / sizes[layer]))),
    bias: tf.variable(filled(seed + 2 * layer + 1, [outputs], 0.1)),
  }));
}

const dense = (layers, x) =>
  layers.reduce((h, { weight, bias }, index) => {
    const next = h.matMul(weight).add(bias);
    return index + 1 < layers.length ? next.relu() : next;
  }, x);

async function trained(loss, first, optimizer) {
  const rate = LEARNING_RATE[optimizer];
  const training = optimizer === 'sgd' ? tf.train.sgd(rate) : tf.train.adam(rate, 0.9, 0.999, 1e-8);
  const step = () => tf.tidy(() => training.minimize(loss, true));
  const losses = [];
  for (let n = 0; n < 3; n++) losses.push((await step().data())[0]);
  const weight = sampled(await first.data());
  return {
    result: [...losses, ...weight],
    async run() {
      const value = step();
      await finished(value);
      value.dispose();
    },
  };
}

function mlp({ batch, sizes, optimizer }) {
  const x = filled(1, [batch, sizes[0]]);
  const y = targetsOf(batch, sizes.at(-1));
  const layers = layersOf(2, sizes);
  return trained(() => crossEntropy(dense(layers, x), y), layers[0].weight, optimizer);
}

function convnet({ batch, size, channels: [first, second], hidden }) {
  const x = filled(1, [batch, size, size, 1]);
  const y = targetsOf(batch, CLASSES);
  const one = tf.variable(filled(2, [3, 3, 1, first], Math.sqrt(3 / 9)));
  const two = tf.variable(filled(3, [3, 3, first, second], Math.sqrt(3 / (9 * first))));
  const flat = (size / 4) ** 2 * second;
  const layers = layersOf(4, [flat, hidden, CLASSES]);
  const pool = (t) => tf.maxPool(t, 2, 2, 'valid');
  return trained(
    () => {
      const once = pool(tf.conv2d(x, one, 1, 'same').relu());
      const twice = pool(tf.conv2d(once, two, 1, 'same').relu());
      return crossEntropy(dense(layers, twice.reshape([batch, flat])), y);
    },
    one,
    'sgd',
  );
}

function blockOf({ length, features, heads }) {
  const linear = (seed, inputs, outputs) => ({
    weight: tf.variable(filled(seed, [inputs, outputs], Math.sqrt(3 / inputs))),
    bias: tf.variable(filled(seed + 1, [outputs], 0.1)),
  });
  const norm = (seed) => ({
    scale: tf.variable(filled(seed, [features])),
    bias: tf.variable(filled(seed + 1, [features], 0.1)),
  });
  const p = {
    norm1: norm(2),
    query: linear(4, features, features),
    key: linear(6, features, features),
    value: linear(8, features, features),
    output: linear(10, features, features),
    norm2: norm(12),
    expand: linear(14, features, 4 * features),
    contract: linear(16, 4 * features, features),
  };
  const x = filled(1, [length, features]);
  const apply = ({ weight, bias }, input) => input.matMul(weight).add(bias);
  const split = (t) => t.reshape([length, heads, features / heads]).transpose([1, 0, 2]);
  const forward = () => {
    const normed = layerNorm(x, p.norm1.scale, p.norm1.bias);
    const query = split(apply(p.query, normed)).mul(1 / Math.sqrt(features / heads));
    const scores = tf.matMul(query, split(apply(p.key, normed)), false, true);
    const seen = tf.matMul(tf.softmax(scores), split(apply(p.value, normed)));
    const h = x.add(apply(p.output, seen.transpose([1, 0, 2]).reshape([length, features])));
    const wide = apply(p.expand, layerNorm(h, p.norm2.scale, p.norm2.bias));
    const gelu = wide.mul(0.5).mul(wide.mul(Math.SQRT1_2).erf().add(1));
    return h.add(apply(p.contract, gelu));
  };
  return { p, forward };
}

const transformer = (workload) => called(blockOf(workload).forward);

function transformerStep(workload) {
  const { p, forward } = blockOf(workload);
  return trained(() => forward().square().mean(), p.norm1.scale, 'sgd');
}
