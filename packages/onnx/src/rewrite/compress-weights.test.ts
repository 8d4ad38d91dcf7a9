import * as ort from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { writeModel } from '../format/write-model.ts';
import { compressWeights } from './compress-weights.ts';
import { answers, distance, feeds, network } from './network.test.setup.ts';

ort.env.wasm.numThreads = 1;

describe('weights that are kept smaller', () => {
  it.each([
    ['float16', 4, 0.52, 2e-3],
    ['int8', 4, 0.32, 2e-2],
    ['int4', 1, 0.75, 0.15],
  ] as const)('as %s: %i of four, and ONNX Runtime answers the same', async (to, count, size, close) => {
    const whole = writeModel(network());
    const { model: small, weights, left } = compressWeights(network(), to);
    const bytes = writeModel(small);
    expect(weights).toBe(count);
    expect(Object.keys(left)).toHaveLength(4 - count);
    expect(bytes.length).toBeLessThan(size * whole.length);
    const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'basic' });
    for (const n of [1, 12]) {
      const ours = await answers(bytes, n);
      expect(distance(ours, await answers(whole, n))).toBeLessThan(close);
      const { x, ids } = feeds(n);
      const theirs = await session.run({
        x: new ort.Tensor('float32', x.data, x.dims),
        ids: new ort.Tensor('int64', ids.data, ids.dims),
      });
      const found = Object.values(theirs).flatMap(({ data }) => Array.from(data as Float32Array));
      expect(distance(ours, found)).toBeLessThan(1e-5);
    }
  });

  it('names those that stay as they are', () => {
    const given = network();
    const [first, ...others] = given.graph.initializers;
    const odd = Float32Array.from(first?.data as Float32Array);
    odd[3] = Number.NaN;
    const graph = {
      ...given.graph,
      initializers: [{ ...first, data: odd } as (typeof others)[number], ...others],
    };
    expect(compressWeights({ ...given, graph }, 'int8').left).toEqual({
      [first?.name ?? '']: 'it holds values that are no numbers',
    });
    odd[3] = 1e5;
    expect(compressWeights({ ...given, graph }, 'float16').left).toEqual({
      [first?.name ?? '']: 'it holds values beyond those of float16',
    });
  });

  it('keeps columns of zeros, and rows that are no whole block', async () => {
    const given = network();
    const initializers = given.graph.initializers.map((one) => ({
      ...one,
      data: (one.data as Float32Array).map((value, i) => (i % 24 === 5 ? 0 : value)),
    }));
    const zeros = { ...given, graph: { ...given.graph, initializers } };
    for (const to of ['int8', 'int4'] as const) {
      const found = await answers(writeModel(compressWeights(zeros, to).model), 2);
      expect(found.every(Number.isFinite)).toBe(true);
    }
  });

  it('is refused where the operator set is older than what it takes', () => {
    expect(() => compressWeights(network(12), 'int8')).toThrow(/operator set 12/);
  });
});
