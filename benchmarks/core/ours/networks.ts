import { conv2d, type Device, maxPool, type Tensor, type Tree, tensor, valueAndGrad } from '@trestle/core';
import { adam, crossEntropy, mlp as denseLayers, type Optimizer, sgd } from '@trestle/nn';
import { labels } from '../values.ts';
import { LEARNING_RATE, type Work } from '../workload.ts';
import { filled, trained, type WorkOf } from './work.ts';

const CLASSES = 10;

/** Dense layers, their weights filled from a seed on. */
const layersOf = (device: Device, seed: number, sizes: readonly number[]) =>
  sizes.slice(1).map((outputs, layer) => {
    const inputs = sizes[layer] ?? 1;
    return {
      weight: filled(device, seed + 2 * layer, [inputs, outputs], Math.sqrt(3 / inputs)),
      bias: filled(device, seed + 2 * layer + 1, [outputs], 0.1),
    };
  });

/** A step as a user writes it: loss and gradients, then the optimiser's update. */
function training<P extends Tree>(
  device: Device,
  parameters: P,
  loss: (parameters: P) => Tensor,
  name: keyof typeof LEARNING_RATE,
): Promise<Work> {
  const optimizer: Optimizer<Tree> = name === 'sgd' ? sgd() : adam();
  const stepOf = valueAndGrad(loss);
  return trained(device, { parameters, state: optimizer.init(parameters) }, (before) => {
    const { value, grad } = stepOf(before.parameters);
    const after = optimizer.update(before.parameters, grad, before.state, LEARNING_RATE[name]);
    return { loss: value, state: after };
  });
}

export function mlp({ batch, sizes, optimizer }: WorkOf<'mlp'>, device: Device): Promise<Work> {
  const x = filled(device, 1, [batch, sizes[0] ?? 1]);
  const y = tensor(labels(batch, sizes.at(-1) ?? 1), { device });
  return training(
    device,
    layersOf(device, 2, sizes),
    (layers) => crossEntropy(denseLayers(layers, x), y),
    optimizer,
  );
}

export function convnet({ batch, size, channels, hidden }: WorkOf<'convnet'>, device: Device): Promise<Work> {
  const [first, second] = channels;
  const x = filled(device, 1, [batch, size, size, 1]);
  const y = tensor(labels(batch, CLASSES), { device });
  const parameters = {
    first: filled(device, 2, [3, 3, 1, first], Math.sqrt(3 / 9)),
    second: filled(device, 3, [3, 3, first, second], Math.sqrt(3 / (9 * first))),
    dense: layersOf(device, 4, [(size / 4) ** 2 * second, hidden, CLASSES]),
  };
  return training(
    device,
    parameters,
    (p) => {
      const once = maxPool(conv2d(x, p.first, { padding: 1 }).relu(), 2);
      const twice = maxPool(conv2d(once, p.second, { padding: 1 }).relu(), 2);
      return crossEntropy(denseLayers(p.dense, twice.reshape([batch, -1])), y);
    },
    'sgd',
  );
}
