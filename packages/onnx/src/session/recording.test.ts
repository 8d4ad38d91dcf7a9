import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GraphBuilder, graphBuilder, int, ints } from '../format/graph-builder.ts';
import type { OnnxModel, TensorData, ValueInfo } from '../format/model.ts';
import type { Feed } from './check-feeds.ts';
import { openSession } from './session.ts';

const x: ValueInfo = { name: 'x', type: 'float32', dims: ['n', 'm'] };
const scalar = (g: GraphBuilder, value: number): string => g.constant('float32', [], [value]);
const longs = (g: GraphBuilder, ...values: number[]): string => g.constant('int64', [values.length], values);

function modelOf(inputs: readonly ValueInfo[], build: (g: GraphBuilder) => string): OnnxModel {
  const g = graphBuilder([{ domain: '', version: 18 }]);
  const output = build(g);
  return {
    irVersion: 9,
    opsets: g.opsets(),
    producer: 'test',
    metadata: {},
    graph: {
      name: 'test',
      inputs,
      outputs: [{ name: output, type: 'float32', dims: [], isRankless: true }],
      initializers: g.initializers,
      nodes: g.nodes,
    },
  };
}

const matrix = (n: number, m: number, seed: number): Feed => ({
  type: 'float32',
  dims: [n, m],
  data: Float32Array.from({ length: n * m }, (_, i) => 3 * Math.sin(i * 12.9898 + seed)),
});

/** Runs feeds one after the other, in the core and on the host, and expects the same of both. */
async function expectSame(model: OnnxModel, runs: readonly Readonly<Record<string, Feed>>[]): Promise<void> {
  const core = await openSession(model, { coreWork: 0 });
  const host = await openSession(model, { coreWork: Number.POSITIVE_INFINITY });
  for (const feeds of runs) {
    const [found, wanted] = [await core.run(feeds), await host.run(feeds)];
    for (const [name, value] of Object.entries(wanted)) {
      const [a, b] = [found[name] as TensorData, value as TensorData];
      expect(a.dims).toEqual(b.dims);
      expect(a.type).toBe(b.type);
      const values = Array.from(b.data, Number);
      const size = Math.max(1, ...values.filter(Number.isFinite).map(Math.abs));
      for (const [i, right] of values.entries()) {
        const mine = Number(a.data[i]);
        if (Number.isFinite(right)) expect(Math.abs(mine - right)).toBeLessThan(1e-4 * size);
        else expect(mine).toBe(right);
      }
    }
  }
}

describe('a recorded run', () => {
  it('answers as the host does, whatever the shapes and the values', async () => {
    const parts: readonly ((g: GraphBuilder, x: string) => string)[] = [
      (g, v) => g.add('Clip', [v, scalar(g, -1), scalar(g, 2)]),
      (g, v) => g.add('Clip', [v, '', scalar(g, 0.5)]),
      (g, v) => g.add('Erf', [v]),
      (g, v) => g.add('Pow', [v, scalar(g, 2)]),
      (g, v) => g.add('Pow', [v, scalar(g, 3)]),
      (g, v) => g.add('Reciprocal', [v]),
      (g, v) => g.add('Softplus', [v]),
      (g, v) => g.add('Sub', [v, g.add('ReduceMean', [v, longs(g, -1)])]),
      (g, v) => g.add('Div', [v, g.add('ReduceSum', [g.add('Abs', [v]), longs(g, 0)])]),
      (g, v) => g.add('Squeeze', [g.add('Unsqueeze', [v, longs(g, 1)]), longs(g, 1)]),
      (g, v) => g.add('Reshape', [g.add('Reshape', [v, longs(g, -1)]), g.add('Shape', [v])]),
      (g, v) => g.add('Transpose', [g.add('Transpose', [v])]),
      (g, v) => g.add('Add', [v, g.add('Expand', [scalar(g, 1), g.add('Shape', [v])])]),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(parts.length - 1), { minLength: 2, maxLength: 6 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 9 }), fc.nat(9)), {
          minLength: 2,
          maxLength: 3,
        }),
        async (chosen, shapes) => {
          const model = modelOf([x], (g) => chosen.reduce((v, part) => parts[part]?.(g, v) ?? v, 'x'));
          // Each shape three times: seen, recorded, replayed.
          const runs = shapes.flatMap(([n, m, seed]) =>
            [0, 1, 2].map((i) => ({ x: matrix(n, m, seed + i) })),
          );
          await expectSame(model, runs);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('packs weights of products, of convolutions and of Gemm as they are', async () => {
    const weight = (g: GraphBuilder, ...dims: number[]): string => {
      const size = dims.reduce((a, b) => a * b, 1);
      const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i * 78.233));
      return g.constant('float32', dims, data);
    };
    const model = modelOf([x], (g) => {
      const shared = weight(g, 8, 16);
      const once = g.add('MatMul', ['x', shared]);
      const gemm = g.add('Gemm', [once, shared, weight(g, 8)], { transB: int(1) });
      const image = g.add('Reshape', [g.add('MatMul', [gemm, shared]), longs(g, -1, 1, 4, 4)]);
      const conv = g.add('Conv', [image, weight(g, 8, 1, 3, 3)], { pads: ints(1, 1, 1, 1) });
      const deep = g.add('Conv', [conv, weight(g, 8, 1, 3, 3)], { group: int(8) });
      return g.add('Relu', [deep]);
    });
    const rows = [3, 1, 60].flatMap((n) => [0, 1, 2].map((seed) => ({ x: matrix(n, 8, seed) })));
    await expectSame(model, rows);
  });

  it('does not take a shape for its own that depends on values', async () => {
    const model = modelOf([x], (g) => {
      const places = g.add('Transpose', [g.add('NonZero', [g.add('Relu', ['x'])])]);
      const count = g.add('Cast', [g.add('Shape', [places])], { to: int(1) });
      return g.add('Add', [g.add('ReduceSum', [g.add('Exp', ['x'])], { keepdims: int(0) }), count]);
    });
    await expectSame(
      model,
      [0, 1, 2, 3, 4, 5].map((seed) => ({ x: matrix(3, 4, seed) })),
    );
  });

  it('does not take bounds and shapes of a request for those of the next', async () => {
    const bound: ValueInfo = { name: 'bound', type: 'float32', dims: [] };
    const shape: ValueInfo = { name: 'shape', type: 'int64', dims: [2] };
    const model = modelOf([x, bound, shape], (g) =>
      g.add('Exp', [g.add('Reshape', [g.add('Clip', [g.add('Neg', ['x']), '', 'bound']), 'shape'])]),
    );
    const feeds = (limit: number, ...dims: number[]) => ({
      x: matrix(2, 6, limit),
      bound: { type: 'float32', dims: [], data: [limit] } as const,
      shape: { type: 'int64', dims: [2], data: dims } as const,
    });
    await expectSame(model, [
      feeds(1, 3, 4),
      feeds(0, 3, 4),
      feeds(-1, 4, 3),
      feeds(2, 12, 1),
      feeds(1, 2, 6),
    ]);
  });

  it('keeps NaN and infinities', async () => {
    const model = modelOf([x], (g) =>
      g.add('Pow', [g.add('Clip', [g.add('Exp', ['x']), scalar(g, -1), scalar(g, 4)]), scalar(g, 3)]),
    );
    const data = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1, 200];
    const feed = { x: { type: 'float32', dims: [2, 3], data: Float32Array.from(data) } as const };
    await expectSame(model, [feed, feed, feed]);
  });
});
