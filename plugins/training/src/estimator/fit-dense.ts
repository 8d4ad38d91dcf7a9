import { setImmediate } from 'node:timers/promises';
import { jit, openDevice, random, setDefaultDevice, type Tensor, tensor, valueAndGrad } from '@trestle/core';
import type { DenseLayer } from '@trestle/model';
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
import type { DenseRecipe } from './estimators.ts';

/** Small data still gets enough steps per epoch. */
const batchRowsFor = (rows: number): number => Math.min(256, Math.max(16, Math.ceil(rows / 16)));

/** A design matrix with what is to be predicted. */
export interface DesignData {
  /** [rows, width] in row-major order. */
  readonly matrix: Float32Array;
  readonly width: number;
  /** Class indices, or numbers. */
  readonly targets: Float32Array;
}

export interface FitOptions {
  readonly task: 'binary' | 'multiclass' | 'regression';
  readonly outputs: number;
  readonly recipe: DenseRecipe;
  readonly epochs: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Called behind each epoch with the layers so far; `stop` ends the fit. */
  readonly onEpoch: (epoch: number, layers: readonly DenseLayer[], loss: number) => 'go-on' | 'stop';
}

/** Fits dense layers with AdamW on shuffled batches, the learning rate falling to zero along a cosine. */
export async function fitDense(data: DesignData, options: FitOptions): Promise<void> {
  const { recipe, epochs, outputs, task } = options;
  setDefaultDevice(await openDevice());
  const rows = data.targets.length;
  const [initKey, shuffleKey, dropKey] = random.split(random.key(options.seed), 3);
  const dropKeys = random.split(dropKey ?? random.key(1), epochs);
  const shuffleKeys = random.split(shuffleKey ?? random.key(2), epochs);
  let layers: readonly LinearParameters[] = initMlp(initKey ?? random.key(0), [
    data.width,
    ...recipe.hidden,
    outputs,
  ]);
  const optimizer = adamw({
    weightDecay: recipe.weightDecay,
    // Biases say where a layer's outputs lie, not how much it makes of its inputs.
    isDecayed: (parameter) => parameter.rank > 1,
  });
  let state = optimizer.init(layers);
  const lossAndGrad = valueAndGrad(
    (parameters: readonly LinearParameters[], x: Tensor, y: Tensor, key: random.Key) =>
      lossOf(task, forward(parameters, x, recipe.dropout, key), y),
  );
  const step = jit(
    (
      parameters: readonly LinearParameters[],
      before: AdamWState,
      x: Tensor,
      y: Tensor,
      key: random.Key,
      learningRate: Tensor,
    ) => {
      const { value, grad } = lossAndGrad(parameters, x, y, key);
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
    for (let at = 0; at < steps; at++) {
      const chosen = order.subarray(at * batchRows, (at + 1) * batchRows);
      const { x, y } = takeBatch(data, chosen, task);
      const progress = (epoch * steps + at) / (epochs * steps);
      const learningRate = recipe.learningRate * 0.5 * (1 + Math.cos(Math.PI * progress));
      const made = step(layers, state, x, y, keys[at] ?? random.key(at), tensor(learningRate));
      ({ parameters: layers, state } = made);
      loss += (await made.loss.item()) / steps;
    }
    // Lets heartbeats and requests through.
    await setImmediate();
    options.signal.throwIfAborted();
    if (options.onEpoch(epoch, await exportLayers(layers), loss) === 'stop') return;
  }
}

function forward(layers: readonly LinearParameters[], x: Tensor, rate: number, key: random.Key): Tensor {
  const keys = random.split(key, layers.length);
  return layers.reduce((h, layer, index) => {
    if (index === layers.length - 1) return linear(layer, h);
    return dropout(keys[index] ?? key, linear(layer, h).relu(), rate);
  }, x);
}

function lossOf(task: FitOptions['task'], scores: Tensor, y: Tensor): Tensor {
  if (task === 'multiclass') return crossEntropy(scores, y);
  const flat = scores.reshape([-1]);
  return task === 'binary' ? binaryCrossEntropy(flat, y) : meanSquaredError(flat, y);
}

function takeBatch(
  { matrix, width, targets }: DesignData,
  chosen: Int32Array,
  task: FitOptions['task'],
): { x: Tensor; y: Tensor } {
  const x = new Float32Array(chosen.length * width);
  const y = new Float32Array(chosen.length);
  for (const [row, from] of chosen.entries()) {
    x.set(matrix.subarray(from * width, (from + 1) * width), row * width);
    y[row] = targets[from] ?? 0;
  }
  return {
    x: tensor(x, { shape: [chosen.length, width] }),
    y: tensor(task === 'multiclass' ? Int32Array.from(y) : y),
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

/** The layers' outputs [rows, outputs] for a design matrix, in plain loops: what validation after each epoch needs. */
export function applyDense(
  layers: readonly DenseLayer[],
  { matrix, width }: Pick<DesignData, 'matrix' | 'width'>,
): Float32Array {
  let values = matrix;
  let inputs = width;
  for (const layer of layers) {
    const outputs = layer.bias.length;
    const rows = values.length / inputs;
    const next = new Float32Array(rows * outputs);
    for (let row = 0; row < rows; row++) {
      for (let output = 0; output < outputs; output++) next[row * outputs + output] = layer.bias[output] ?? 0;
      for (let input = 0; input < inputs; input++) {
        const value = values[row * inputs + input] ?? 0;
        if (value === 0) continue;
        for (let output = 0; output < outputs; output++) {
          next[row * outputs + output] =
            (next[row * outputs + output] ?? 0) + value * (layer.weights[input * outputs + output] ?? 0);
        }
      }
      if (layer.activation === 'relu') {
        for (let output = 0; output < outputs; output++)
          next[row * outputs + output] = Math.max(0, next[row * outputs + output] ?? 0);
      }
    }
    values = next;
    inputs = outputs;
  }
  return values;
}
