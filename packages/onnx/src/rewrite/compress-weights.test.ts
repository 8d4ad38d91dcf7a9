import * as ort from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { graphBuilder, int, ints } from '../format/graph-builder.ts';
import type { OnnxModel } from '../format/model.ts';
import { readModel } from '../format/read-model.ts';
import { writeModel } from '../format/write-model.ts';
import { openSession } from '../session/session.ts';
import { compressWeights } from './compress-weights.ts';

ort.env.wasm.numThreads = 1;

const wave = (size: number, seed: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + seed) * (1 + (i % 7)));

/** A convolution, a table of embeddings, a product and a Gemm, with weights of a thousand values and more each. */
function model(opset = 17): OnnxModel {
  const g = graphBuilder([{ domain: '', version: opset }]);
  const weight = (seed: number, ...dims: number[]): string =>
    g.constant(
      'float32',
      dims,
      wave(
        dims.reduce((a, b) => a * b, 1),
        seed,
      ),
    );
  const conv = g.add('Relu', [g.add('Conv', ['x', weight(1, 16, 8, 3, 3)], { pads: ints(1, 1, 1, 1) })]);
  const flat = g.add('Flatten', [conv], { axis: int(1) });
  const words = g.add('Gather', [weight(2, 64, 40), 'ids']);
  const product = g.add('MatMul', [g.add('Concat', [flat, words], { axis: int(1) }), weight(3, 296, 24)]);
  const output = g.add('Gemm', [product, weight(4, 48, 24), weight(5, 48)], { transB: int(1) });
  return {
    irVersion: 8,
    opsets: g.opsets(),
    producer: 'test',
    metadata: {},
    graph: {
      name: 'test',
      inputs: [
        { name: 'x', type: 'float32', dims: ['n', 8, 4, 4] },
        { name: 'ids', type: 'int64', dims: ['n'] },
      ],
      outputs: [{ name: output, type: 'float32', dims: ['n', 48] }],
      initializers: g.initializers,
      nodes: g.nodes,
    },
  };
}

const feeds = (n: number) => ({
  x: { type: 'float32', dims: [n, 8, 4, 4], data: wave(n * 128, 6) } as const,
  ids: {
    type: 'int64',
    dims: [n],
    data: BigInt64Array.from({ length: n }, (_, i) => BigInt(i * 5)),
  } as const,
});

async function answers(bytes: Uint8Array, n: number): Promise<number[]> {
  const session = await openSession(readModel(bytes));
  let last: number[] = [];
  // The third run is one that was recorded.
  for (let run = 0; run < 3; run++)
    last = Object.values(await session.run(feeds(n))).flatMap(({ data }) => Array.from(data ?? [], Number));
  return last;
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN)))) / Math.max(...b.map(Math.abs));

describe('weights that are kept smaller', () => {
  it.each([
    ['float16', 4, 0.52, 2e-3],
    ['int8', 4, 0.32, 2e-2],
    ['int4', 1, 0.75, 0.15],
  ] as const)('as %s: %i of four, and ONNX Runtime answers the same', async (to, count, size, close) => {
    const whole = writeModel(model());
    const { model: small, weights, left } = compressWeights(model(), to);
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
    const given = model();
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
    const given = model();
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
    expect(() => compressWeights(model(12), 'int8')).toThrow(/operator set 12/);
  });
});
