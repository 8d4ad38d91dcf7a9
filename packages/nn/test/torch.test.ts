import {
  type Device,
  jit,
  maxPool,
  random,
  type Tensor,
  type Tree,
  tensor,
  valueAndGrad,
} from '@trestle/core';
import { beforeAll, describe, expect, it } from 'vitest';
import * as nn from '../src/index.ts';
import { DEVICES } from './devices.ts';
import { expectTree, FIXTURES, type LayerCase, leafOn, treeOn } from './fixtures.ts';

/** PyTorch computes in float32, too: what is left is the order of sums. */
const TOLERANCE = 2e-5;
/** Ten steps add their differences up, and Adam divides by small roots. */
const TRAINED = 2e-4;

type Forward = (parameters: Tree, x: Tensor, one: LayerCase, device: Device) => Tensor;

/** Our layer of a fixture's name. What a fixture holds is the form that its layer takes. */
const LAYERS: Readonly<Record<string, Forward>> = {
  linear: (p, x) => nn.linear(p as nn.LinearParameters, x),
  conv1d: (p, x, { options }) => nn.conv1d(p as nn.ConvolutionParameters, x, options),
  conv2d: (p, x, { options }) => nn.conv2d(p as nn.ConvolutionParameters, x, options),
  layerNorm: (p, x) => nn.layerNorm(p as nn.NormParameters, x),
  batchNorm: (p, x, one, device) => nn.batchNorm(p as nn.NormParameters, statisticsOf(one, device), x),
  batchNormTraining: (p, x, one, device) =>
    nn.batchNormTraining(p as nn.NormParameters, statisticsOf(one, device), x, one.options).output,
  embedding: (p, x) => nn.embedding(p as nn.EmbeddingParameters, x),
  attention: attend,
  'causal attention': attend,
  'cross attention': attend,
  transformerBlock: (p, x, { options }) =>
    nn.transformerBlock(p as nn.TransformerBlockParameters, x, options as nn.TransformerBlockOptions),
};

const statisticsOf = ({ statistics }: LayerCase, device: Device): nn.RunningStatistics =>
  treeOn(statistics ?? [], device);

function attend(p: Tree, x: Tensor, { options, context }: LayerCase, device: Device): Tensor {
  const given = context ? { context: leafOn(context, device) } : {};
  const all = { ...options, ...given } as nn.AttentionOptions;
  return nn.attention(p as nn.AttentionParameters, x, all);
}

const OPTIMIZERS: Readonly<Record<string, (options: object) => nn.Optimizer<Tree>>> = {
  // Each optimiser takes only states that it made itself.
  sgd: (options) => nn.sgd(options) as nn.Optimizer<Tree>,
  adam: (options) => nn.adam(options) as nn.Optimizer<Tree>,
  adamw: (options) => nn.adamw(options) as nn.Optimizer<Tree>,
};

type Layers = Readonly<Record<'first' | 'second', nn.ConvolutionParameters>> & {
  readonly head: nn.LinearParameters;
};
type Reader = { readonly block: nn.TransformerBlockParameters; readonly reader: nn.LinearParameters };

const MODELS: Readonly<Record<string, (parameters: Tree, x: Tensor) => Tensor>> = {
  mlp: (p, x) => nn.mlp(p as readonly nn.LinearParameters[], x),
  convnet: (p, x) => {
    const { first, second, head } = p as Layers;
    const h = maxPool(nn.conv2d(first, x, { padding: 1 }).relu(), 2);
    const features = nn.conv2d(second, h).relu();
    return nn.linear(head, features.reshape([x.shape[0] ?? 1, -1]));
  },
  transformer: (p, x) => {
    const { block, reader } = p as Reader;
    return nn.linear(reader, nn.transformerBlock(block, x, { heads: 2 }).mean(1));
  },
};

it('has fixtures that say what made them', () => {
  expect(FIXTURES.madeWith).toMatchObject({ torch: expect.stringMatching(/^1\.13/) });
  expect(FIXTURES.layers.map(({ name }) => name)).toEqual(Object.keys(LAYERS));
});

describe.each(DEVICES)('as PyTorch, on %s', (_, open) => {
  let device: Device;
  beforeAll(async () => {
    device = await open();
  });

  it.each(FIXTURES.layers)('$name: forward and backward, jitted too', async (one) => {
    const forward = LAYERS[one.name];
    if (!forward) throw new RangeError(`No layer is called ${one.name}.`);
    const x = leafOn(one.x, device);
    const cotangent = leafOn(one.cotangent, device);
    const parameters = treeOn<Tree>(one.parameters, device);
    await expectTree(forward(parameters, x, one, device), one.output, TOLERANCE);
    const loss = (p: { readonly own: Tree; readonly x: Tree }, indices: Tensor): Tensor =>
      forward(p.own, p.x === null ? indices : (p.x as Tensor), one, device)
        .mul(cotangent)
        .sum();
    const both = { own: parameters, x: one.xGradient ? x : null };
    const expected = one.xGradient ? [one.gradients, one.xGradient] : [one.gradients];
    const plain = valueAndGrad(loss);
    for (const differentiate of [plain, jit(plain)]) {
      const { own, x: by } = differentiate(both, x).grad;
      await expectTree([own, by], expected, TOLERANCE);
    }
  });

  it('moves running statistics, beside a gradient and under jit', async () => {
    const one = FIXTURES.layers.find(({ name }) => name === 'batchNormTraining');
    if (!one?.after) throw new RangeError('There is no case of batch normalisation.');
    const step = jit(
      valueAndGrad((p: nn.NormParameters, before: nn.RunningStatistics, x: Tensor) => {
        const { output, statistics } = nn.batchNormTraining(p, before, x, one.options);
        return { value: output.sum(), aux: statistics };
      }),
    );
    const parameters = treeOn<nn.NormParameters>(one.parameters, device);
    const { aux } = step(parameters, statisticsOf(one, device), leafOn(one.x, device));
    await expectTree(aux, one.after, TOLERANCE);
  });

  it.each(FIXTURES.losses)('$name $options: value and gradient', async ({ name, options, ...one }) => {
    const { binaryCrossEntropy, crossEntropy, huber, meanSquaredError } = nn;
    const losses: Readonly<Record<string, (x: Tensor, y: Tensor, options: object) => Tensor>> = {
      binaryCrossEntropy,
      crossEntropy,
      huber,
      meanSquaredError,
    };
    const target = leafOn(one.target, device);
    const { value, grad } = valueAndGrad((x: Tensor) => losses[name]?.(x, target, options) ?? x)(
      leafOn(one.x, device),
    );
    await expectTree([value, grad], [one.value, one.gradient], TOLERANCE);
  });

  it.each(FIXTURES.optimizers)('$name $options: ten steps, jitted', async ({ name, options, ...one }) => {
    const optimizer = OPTIMIZERS[name]?.(options);
    if (!optimizer) throw new RangeError(`No optimiser is called ${name}.`);
    const update = jit(optimizer.update, { donate: [0, 2] });
    let parameters = treeOn<Tree>(one.start, device);
    let state = optimizer.init(parameters);
    for (const [step, stored] of one.gradients.entries()) {
      ({ parameters, state } = update(parameters, treeOn<Tree>(stored, device), state, one.rate));
      await expectTree(parameters, one.results[step] ?? [], TOLERANCE);
    }
  });

  it.each(FIXTURES.clipping)('$name to $limit', async ({ name, limit, gradients, clipped }) => {
    const clip = name === 'clipByNorm' ? nn.clipByNorm : nn.clipByValue;
    await expectTree(jit(clip)(treeOn<Tree>(gradients, device), limit), clipped, TOLERANCE);
  });

  it.each(FIXTURES.models)('trains $name for ten steps', async ({ name, ...one }) => {
    const model = MODELS[name];
    const optimizer = OPTIMIZERS[one.optimizer.name]?.(one.optimizer.options);
    if (!model || !optimizer) throw new RangeError(`No model is called ${name}.`);
    const [x, labels] = [leafOn(one.x, device), leafOn(one.labels, device)];
    const loss = valueAndGrad((p: Tree) => nn.crossEntropy(model(p, x), labels));
    const step = jit(
      (parameters: Tree, state: Tree, rate: Tensor) => {
        const { value, grad } = loss(parameters);
        return { value, ...optimizer.update(parameters, grad, state, rate) };
      },
      { donate: [0, 1] },
    );
    let parameters = treeOn<Tree>(one.start, device);
    await expectTree(loss(parameters).grad, one.gradients, TOLERANCE);
    let state = optimizer.init(parameters);
    for (const wanted of one.losses) {
      const result = step(parameters, state, tensor(one.rate, { device }));
      ({ parameters, state } = result);
      expect(await result.value.item()).toBeCloseTo(wanted, 4);
    }
    await expectTree(parameters, one.end, TRAINED);
  });
});

describe('schedules, as PyTorch’s', () => {
  it.each(FIXTURES.schedules)('$name $options behind $warmUp steps of warm-up', (one) => {
    const schedules: Readonly<Record<string, (rate: number, options: never) => nn.Schedule>> = {
      constantSchedule: nn.constantSchedule,
      stepSchedule: nn.stepSchedule,
      cosineSchedule: nn.cosineSchedule,
    };
    const plain = schedules[one.name]?.(one.rate, one.options as never);
    if (!plain) throw new RangeError(`No schedule is called ${one.name}.`);
    const schedule = one.warmUp === 0 ? plain : nn.warmUp(one.warmUp, plain);
    for (const [step, wanted] of one.rates.entries()) expect(schedule(step)).toBeCloseTo(wanted, 9);
  });

  it('stays at the floor behind the cosine', () => {
    const rate = nn.cosineSchedule(1, { steps: 4, floor: 0.1 });
    expect([rate(4), rate(5), rate(100)]).toEqual([0.1, 0.1, 0.1]);
  });
});

it('drops in a transformer block, in training only, by its key', async () => {
  const parameters = nn.initTransformerBlock(random.key(1), 8);
  const x = random.normal(random.key(2), [2, 3, 8]);
  const run = jit((key: random.Key) =>
    nn.transformerBlock(parameters, x, { heads: 4, dropout: { key, rate: 0.5 } }),
  );
  const [first, again, other, none] = await Promise.all(
    [
      run(random.key(3)),
      run(random.key(3)),
      run(random.key(4)),
      nn.transformerBlock(parameters, x, { heads: 4 }),
    ].map(async (output) => [...(await output.data())]),
  );
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
  expect(none).not.toEqual(first);
});

it('refuses heads that do not divide the features', () => {
  const parameters = { query: 0, key: 0, value: 0, output: 0 } as unknown as nn.AttentionParameters;
  expect(() =>
    nn.attention(parameters, tensor(new Float32Array(10), { shape: [1, 2, 5] }), { heads: 2 }),
  ).toThrow(expect.objectContaining({ code: 'TRS_NN_HEADS' }));
});
