import { type Device, valueAndGrad } from '@trestle/core';
import { sgd, type TransformerBlockParameters, transformerBlock } from '@trestle/nn';
import { LEARNING_RATE, type Work } from '../workload.ts';
import { called, filled, trained, type WorkOf } from './work.ts';

export function transformer(
  { length, features, heads, isTraining }: WorkOf<'transformer'>,
  device: Device,
): Promise<Work> {
  const dense = (seed: number, inputs: number, outputs: number) => ({
    weight: filled(device, seed, [inputs, outputs], Math.sqrt(3 / inputs)),
    bias: filled(device, seed + 1, [outputs], 0.1),
  });
  const norm = (seed: number) => ({
    scale: filled(device, seed, [features]),
    bias: filled(device, seed + 1, [features], 0.1),
  });
  const parameters: TransformerBlockParameters = {
    attentionNorm: norm(2),
    attention: {
      query: dense(4, features, features),
      key: dense(6, features, features),
      value: dense(8, features, features),
      output: dense(10, features, features),
    },
    mlpNorm: norm(12),
    expand: dense(14, features, 4 * features),
    contract: dense(16, 4 * features, features),
  };
  const x = filled(device, 1, [1, length, features]);
  if (!isTraining) return called(device, (input) => transformerBlock(parameters, input, { heads }), [x]);
  const optimizer = sgd();
  const stepOf = valueAndGrad((p: TransformerBlockParameters) =>
    transformerBlock(p, x, { heads }).square().mean(),
  );
  const start = { parameters, state: optimizer.init(parameters) };
  return trained(device, start, (before) => {
    const { value, grad } = stepOf(before.parameters);
    return {
      loss: value,
      state: optimizer.update(before.parameters, grad, before.state, LEARNING_RATE.sgd),
    };
  });
}
