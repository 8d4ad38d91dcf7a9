import { setImmediate } from 'node:timers/promises';
import type { Design, Fit, FitOptions, FittedEstimator } from '@trestle/contracts';
import {
  arange,
  jit,
  openDevice,
  random,
  setDefaultDevice,
  softplus,
  type Tensor,
  tensor,
  valueAndGrad,
} from '@trestle/core';
import { invariant } from '@trestle/kernel';
import { type DenseLayer, denseLayers } from '@trestle/model';
import {
  type AdamWState,
  adamw,
  binaryCrossEntropy,
  crossEntropy,
  dropout,
  initMlp,
  type LinearParameters,
  linear,
  meanSquaredError,
} from '@trestle/nn';
import { activate, applyDense } from './apply-dense.ts';
import { averageNets } from './average-nets.ts';
import type { MlpSettings } from './mlp.ts';

const MAX_EPOCHS = 40;
const PATIENCE = 8;
/** Nets that start differently err differently; their mean errs less (Hansen and Salamon 1990). */
const ENSEMBLE = 3;

/** How long an epoch may run before heartbeats, requests and Ctrl-C get through. */
const YIELD_MS = 200;
/** Small data still gets enough steps per epoch. */
const batchRowsFor = (rows: number): number => Math.min(256, Math.max(16, Math.ceil(rows / 16)));

/**
 * Fits nets: under validation one, which stops when it gets no better; without, the mean of several, each for as many epochs as
 * served best.
 */
export const fitMlp: Fit<MlpSettings> = async (design, settings, options) => {
  const { task, validation, seed } = options;
  const fitted = (layers: readonly DenseLayer[], rounds: number): FittedEstimator => ({
    rounds,
    predict: (of) => activate(task, applyDense(layers, of), options.outputs),
    head: denseLayers(layers, task),
  });
  if (validation) {
    let best: { readonly score: number; readonly found: FittedEstimator } | undefined;
    await fitNet(design, settings, options, seed, (epoch, layers, loss) => {
      const found = fitted(layers, epoch + 1);
      const score = validation.judge(found.predict(validation.design));
      if (!best || score > best.score) best = { score, found };
      options.onRound((epoch + 1) / MAX_EPOCHS, { epoch: epoch + 1, loss });
      return epoch + 1 - best.found.rounds >= PATIENCE ? 'stop' : 'go-on';
    });
    return invariant(best, 'a net after at least one epoch').found;
  }
  const epochs = options.rounds ?? MAX_EPOCHS;
  const nets: (readonly DenseLayer[])[] = [];
  for (let member = 0; member < ENSEMBLE; member++) {
    await fitNet(design, settings, options, seed + member, (epoch, layers, loss) => {
      nets[member] = layers;
      options.onRound((member + (epoch + 1) / epochs) / ENSEMBLE, { epoch: epoch + 1, loss });
      return epoch + 1 >= epochs ? 'stop' : 'go-on';
    });
  }
  return fitted(averageNets(nets), epochs);
};

/**
 * Fits dense layers with AdamW on shuffled batches. The learning rate falls to zero along a cosine over the most epochs that there may
 * be, so that an epoch is the same whenever the fit is told to stop.
 *
 * @param onEpoch called behind each epoch with the layers so far; `stop` ends the fit
 */
async function fitNet(
  design: Design,
  settings: MlpSettings,
  { task, targets, weights, outputs, signal }: FitOptions,
  seed: number,
  onEpoch: (epoch: number, layers: readonly DenseLayer[], loss: number) => 'go-on' | 'stop',
): Promise<void> {
  const epochs = MAX_EPOCHS;
  setDefaultDevice(await openDevice());
  const { rows } = design;
  const [initKey, shuffleKey, dropKey] = random.split(random.key(seed), 3);
  const dropKeys = random.split(dropKey ?? random.key(1), epochs);
  const shuffleKeys = random.split(shuffleKey ?? random.key(2), epochs);
  let layers: readonly LinearParameters[] = initMlp(initKey ?? random.key(0), [
    design.width,
    ...settings.hidden,
    outputs,
  ]);
  const optimizer = adamw({
    weightDecay: settings.weightDecay,
    // Biases say where a layer's outputs lie, not how much it makes of its inputs.
    isDecayed: (parameter) => parameter.rank > 1,
  });
  let state = optimizer.init(layers);
  const lossAndGrad = valueAndGrad(
    (parameters: readonly LinearParameters[], x: Tensor, { y, counts }: Labels, key: random.Key) =>
      lossOf(task, forward(parameters, x, settings.dropout, key), y, counts),
  );
  const step = jit(
    (
      parameters: readonly LinearParameters[],
      before: AdamWState,
      x: Tensor,
      labels: Labels,
      key: random.Key,
      learningRate: Tensor,
    ) => {
      const { value, grad } = lossAndGrad(parameters, x, labels, key);
      return { loss: value, ...optimizer.update(parameters, grad, before, learningRate) };
    },
    { donate: [0, 1] },
  );
  const batchRows = batchRowsFor(rows);
  const steps = Math.ceil(rows / batchRows);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = random.permutation(shuffleKeys[epoch] ?? random.key(epoch), rows);
    const keys = random.split(dropKeys[epoch] ?? random.key(epoch), steps);
    let loss = 0;
    let since = performance.now();
    for (let at = 0; at < steps; at++) {
      if (performance.now() - since > YIELD_MS) {
        await setImmediate();
        signal.throwIfAborted();
        since = performance.now();
      }
      const chosen = order.subarray(at * batchRows, (at + 1) * batchRows);
      const { x, labels } = takeBatch(design, targets, weights, chosen, task);
      const progress = (epoch * steps + at) / (epochs * steps);
      const learningRate = settings.learningRate * 0.5 * (1 + Math.cos(Math.PI * progress));
      const made = step(layers, state, x, labels, keys[at] ?? random.key(at), tensor(learningRate));
      ({ parameters: layers, state } = made);
      loss += (await made.loss.item()) / steps;
    }
    // Lets heartbeats and requests through.
    await setImmediate();
    signal.throwIfAborted();
    if (onEpoch(epoch, await exportLayers(layers), loss) === 'stop') return;
  }
}

function forward(layers: readonly LinearParameters[], x: Tensor, rate: number, key: random.Key): Tensor {
  const keys = random.split(key, layers.length);
  return layers.reduce((h, layer, index) => {
    if (index === layers.length - 1) return linear(layer, h);
    return dropout(keys[index] ?? key, linear(layer, h).relu(), rate);
  }, x);
}

/** What a batch is to say, and how much each of its rows counts where they do not count alike. */
type Labels = { readonly y: Tensor; readonly counts?: Tensor };

function lossOf(task: FitOptions['task'], scores: Tensor, y: Tensor, counts: Tensor | undefined): Tensor {
  if (counts) return lossesOf(task, scores, y).mul(counts).mean();
  if (task === 'multiclass') return crossEntropy(scores, y);
  const flat = scores.reshape([-1]);
  return task === 'binary' ? binaryCrossEntropy(flat, y) : meanSquaredError(flat, y);
}

/** The loss of each row. */
function lossesOf(task: FitOptions['task'], scores: Tensor, y: Tensor): Tensor {
  if (task === 'multiclass') {
    const [, classes = 1] = scores.shape;
    const isWanted = y
      .reshape([-1, 1])
      .equal(arange(classes, { dtype: 'int32', device: scores.device }).reshape([1, classes]));
    return scores.logSoftmax(1).mul(isWanted).sum(1).neg();
  }
  const flat = scores.reshape([-1]);
  const error = flat.sub(y);
  return task === 'binary' ? softplus(flat).sub(flat.mul(y)) : error.mul(error);
}

function takeBatch(
  { matrix, width }: Design,
  targets: Float64Array,
  weights: Float64Array | undefined,
  chosen: Int32Array,
  task: FitOptions['task'],
): { x: Tensor; labels: Labels } {
  const x = new Float32Array(chosen.length * width);
  const y = new Float32Array(chosen.length);
  for (const [row, from] of chosen.entries()) {
    x.set(matrix.subarray(from * width, (from + 1) * width), row * width);
    y[row] = targets[from] ?? 0;
  }
  return {
    x: tensor(x, { shape: [chosen.length, width] }),
    labels: {
      y: tensor(task === 'multiclass' ? Int32Array.from(y) : y),
      ...(weights ? { counts: tensor(Float32Array.from(chosen, (row) => weights[row] ?? 1)) } : {}),
    },
  };
}

async function exportLayers(layers: readonly LinearParameters[]): Promise<readonly DenseLayer[]> {
  return await Promise.all(
    layers.map(async (layer, index) => ({
      weights: Float32Array.from(await layer.weight.data()),
      bias: Float32Array.from(await layer.bias.data()),
      activation: index === layers.length - 1 ? ('none' as const) : ('relu' as const),
    })),
  );
}
