import * as ort from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { graphBuilder, int } from '../format/graph-builder.ts';
import type { OnnxModel, TensorData } from '../format/model.ts';
import { writeModel } from '../format/write-model.ts';
import { openSession } from '../session/session.ts';
import { answers, distance, feeds, network } from './network.test.setup.ts';
import { quantize, quantizedValues, type Ranges } from './quantize.ts';
import { rewrite, runRules } from './rewrite.ts';

ort.env.wasm.numThreads = 1;

/** The ranges of values while a model runs. */
async function rangesOf(model: OnnxModel, n: number): Promise<Ranges> {
  const names = quantizedValues(model);
  const outputs = names.map((name) => ({ name, type: 'float32' as const, dims: [], isRankless: true }));
  const session = await openSession({ ...model, graph: { ...model.graph, outputs } });
  const found = await session.run(feeds(n));
  return new Map(
    names.map((name) => {
      const values = (found[name] as TensorData).data as Float32Array;
      return [name, [Math.min(...values), Math.max(...values)]];
    }),
  );
}

async function theirs(bytes: Uint8Array, n: number): Promise<number[]> {
  const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'basic' });
  const { x, ids } = feeds(n);
  const found = await session.run({
    x: new ort.Tensor('float32', x.data, x.dims),
    ids: new ort.Tensor('int64', ids.data, ids.dims),
  });
  return Object.values(found).flatMap(({ data }) => Array.from(data as Float32Array));
}

/** Numbers from -1 to 1 in no order, so that sums of products do not cancel out. */
const scattered = (size: number, seed: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => (Math.imul(i + 1, 2_654_435_761 + 97 * seed) >> 8) / 2 ** 23);

/** A convolution, a rectifier and a convolution, a Gemm that is not turned, and a product without a bias. */
function chain(): OnnxModel {
  const { graph, opsets, ...rest } = network();
  const g = graphBuilder(opsets);
  const weight = (seed: number, ...dims: number[]): string =>
    g.constant(
      'float32',
      dims,
      scattered(
        dims.reduce((a, b) => a * b, 1),
        seed,
      ),
    );
  const first = g.add('Relu', [g.add('Conv', ['x', weight(1, 24, 8, 3, 3), weight(2, 24)])]);
  const second = g.add('Conv', [first, weight(3, 24, 12, 2, 2), weight(4, 24)], { group: int(2) });
  const flat = g.add('Flatten', [second]);
  const words = g.add('Gather', [weight(6, 64, 40), 'ids']);
  const both = g.add('Concat', [flat, words], { axis: int(1) });
  const output = g.add('Gemm', [
    g.add('MatMul', [both, weight(5, 64, 30)]),
    weight(7, 30, 48),
    weight(8, 48),
  ]);
  return {
    ...rest,
    opsets,
    graph: {
      ...graph,
      nodes: g.nodes,
      initializers: g.initializers,
      outputs: [{ name: output, type: 'float32', dims: ['n', 48] }],
    },
  };
}

describe('products in integers', () => {
  it.each([
    ['of a network', 'of each value as it comes'],
    ['of a chain', 'of each value as it comes'],
    ['of a network', 'that were measured'],
    ['of a chain', 'that were measured'],
  ] as const)('%s, with the ranges %s: ONNX Runtime answers the same', async (which, kind) => {
    const model = which === 'of a chain' ? chain() : network();
    const ranges = kind === 'that were measured' ? await rangesOf(model, 12) : undefined;
    const { model: small, nodes, left } = quantize(model, ranges);
    expect([nodes, left]).toEqual([which === 'of a chain' ? 4 : 3, {}]);
    const bytes = writeModel(small);
    expect(bytes.length).toBeLessThan(0.6 * writeModel(model).length);
    for (const n of [1, 12]) {
      const ours = await answers(bytes, n);
      expect(distance(ours, await answers(writeModel(model), n))).toBeLessThan(0.06);
      // A code at the edge between two goes either way in float32 sums of another order: one of 255.
      expect(distance(ours, await theirs(bytes, n))).toBeLessThan(0.01);
    }
  });

  it('are computed as such here: nothing is restored only to be multiplied', async () => {
    const operators = async (model: OnnxModel) =>
      rewrite(model, await runRules(model)).model.graph.nodes.map(({ operator }) => operator);
    const fixed = await operators(quantize(chain(), await rangesOf(chain(), 12)).model);
    expect(fixed).toContain('QLinearConv');
    expect(fixed.filter((one) => one === 'MatMulIntegerToFloat')).toHaveLength(1);
    expect(fixed).not.toContain('Relu');
    const dynamic = await operators(quantize(chain()).model);
    expect(dynamic.filter((one) => one === 'MatMulIntegerToFloat')).toHaveLength(2);
    expect(dynamic).not.toContain('MatMulInteger');
  });

  it('answer what the graph says that was not rewritten', async () => {
    for (const ranges of [undefined, await rangesOf(chain(), 12)]) {
      const { model } = quantize(chain(), ranges);
      const run = async (rewrites: boolean) =>
        Object.values(await (await openSession(model, { rewrites })).run(feeds(5))).flatMap(({ data }) =>
          Array.from(data ?? [], Number),
        );
      expect(distance(await run(true), await run(false))).toBeLessThan(0.01);
    }
  });

  it('that share a weight, one of them turned, or a bias, are each as they were', async () => {
    const { graph, opsets, ...rest } = network();
    const g = graphBuilder(opsets);
    const square = g.constant('float32', [40, 40], scattered(1_600, 1));
    const bias = g.constant('float32', [24], scattered(24, 2));
    const words = g.add('Gather', [g.constant('float32', [64, 40], scattered(2_560, 3)), 'ids']);
    const both = g.add('Sub', [
      g.add('MatMul', [words, square]),
      g.add('Gemm', [words, square], { transB: int(1) }),
    ]);
    // Weights of another size, and the same bias: what is on the scale of one's sums is not on that of the other's.
    const convolved = [5, 6].map((seed) => {
      const weight = g.constant(
        'float32',
        [24, 8, 3, 3],
        scattered(1_728, seed).map((one) => one * 10 ** (seed - 5)),
      );
      return g.add('Flatten', [g.add('Conv', ['x', weight, bias])]);
    });
    const output = g.add('Concat', [both, ...convolved], { axis: int(1) });
    const model: OnnxModel = {
      ...rest,
      opsets,
      graph: {
        ...graph,
        ...{ nodes: g.nodes, initializers: g.initializers },
        outputs: [{ name: output, type: 'float32', dims: ['n', 232] }],
      },
    };
    for (const ranges of [undefined, await rangesOf(model, 12)]) {
      const { model: small, nodes } = quantize(model, ranges);
      expect(nodes).toBe(4);
      const bytes = writeModel(small);
      const ours = await answers(bytes, 5);
      expect(distance(ours, await answers(writeModel(model), 5))).toBeLessThan(0.03);
      expect(distance(ours, await theirs(bytes, 5))).toBeLessThan(0.01);
    }
  });

  it('stay as they are where a value is larger than a factor can be', async () => {
    const ranges = new Map(quantizedValues(network()).map((name) => [name, [-3e38, 3e38] as const]));
    const found = quantize(network(), ranges);
    expect(found.nodes).toBe(0);
    expect(Object.values(found.left)[0]).toMatch(/is too large for a factor of float32$/);
  });

  it('stay as they are where nothing is known of a value, or a weight is no number', () => {
    expect(quantize(network(), new Map())).toMatchObject({ nodes: 0 });
    expect(Object.values(quantize(network(), new Map()).left)[0]).toMatch(/^nothing is known of how large "/);
    const model = network();
    const [first, ...others] = model.graph.initializers;
    const odd = Float32Array.from(first?.data as Float32Array).fill(Number.NaN, 3, 4);
    const graph = { ...model.graph, initializers: [{ ...first, data: odd } as TensorData, ...others] };
    expect(quantize({ ...model, graph }).left).toEqual({
      [first?.name ?? '']: 'it holds values that are no numbers',
    });
  });

  it('are refused where the operator set is older than what they take', () => {
    expect(() => quantize(network(12))).toThrow(/operator set 12/);
  });
});
