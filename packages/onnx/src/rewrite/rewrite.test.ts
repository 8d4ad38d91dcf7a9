import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GraphBuilder, graphBuilder, int, ints } from '../format/graph-builder.ts';
import type { OnnxModel, TensorData } from '../format/model.ts';
import { openSession } from '../session/session.ts';
import { rewrite } from './rewrite.ts';

const wave = (size: number, seed: number, middle = 0): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => middle + Math.sin(i * 12.9898 + seed));

/** A graph on [n, channels, 6, 6] that gives `outputs` values by their names. */
function modelOf(build: (g: GraphBuilder) => readonly string[], channels = 4): OnnxModel {
  const g = graphBuilder([{ domain: '', version: 17 }]);
  const outputs = build(g);
  return {
    irVersion: 8,
    opsets: g.opsets(),
    producer: 'test',
    metadata: {},
    graph: {
      name: 'test',
      inputs: [{ name: 'x', type: 'float32', dims: ['n', channels, 6, 6] }],
      outputs: outputs.map((name) => ({ name, type: 'float32' as const, dims: [], isRankless: true })),
      initializers: g.initializers,
      nodes: g.nodes,
    },
  };
}

async function answers(model: OnnxModel, data: Float32Array, rewrites: boolean) {
  const session = await openSession(model, { rewrites });
  const dims = [data.length / 144, 4, 6, 6];
  const found = await session.run({ x: { type: 'float32', dims, data } });
  return Object.values(found) as TensorData[];
}

/** The same outputs, types, shapes, NaN and infinities, and numbers within the rounding of float32. */
async function expectAlike(model: OnnxModel, data: Float32Array): Promise<void> {
  const [before, after] = [await answers(model, data, false), await answers(model, data, true)];
  expect(after.map(({ name, type, dims }) => [name, type, dims])).toEqual(
    before.map(({ name, type, dims }) => [name, type, dims]),
  );
  for (const [at, { data: wanted }] of before.entries()) {
    const values = Array.from(wanted, Number);
    const size = Math.max(1, ...values.filter(Number.isFinite).map(Math.abs));
    for (const [i, right] of values.entries()) {
      const mine = Number(after[at]?.data[i]);
      if (Number.isFinite(right)) expect(Math.abs(mine - right)).toBeLessThan(1e-4 * size);
      else expect(mine).toBe(right);
    }
  }
}

interface Design {
  readonly group: number;
  readonly hasBias: boolean;
  readonly epsilon: number;
  readonly size: number;
}

function normalised(
  g: GraphBuilder,
  x: string,
  { group, hasBias, epsilon, size }: Design,
  mean = 0.3,
): string {
  const weight = (dims: number[], seed: number, middle = 0): string =>
    g.constant(
      'float32',
      dims,
      wave(
        dims.reduce((a, b) => a * b, 1),
        seed,
        middle,
      ),
    );
  const bias = hasBias ? [weight([4], 5)] : [];
  const made = g.add('Conv', [x, weight([4, 4 / group, size, size], 6), ...bias], { group: int(group) });
  const statistics = [weight([4], 1, 1), weight([4], 2), weight([4], 3, mean), weight([4], 4, 1.5)];
  return g.add('BatchNormalization', [made, ...statistics], { epsilon: { kind: 'float', value: epsilon } });
}

describe('batch normalisation into convolution', () => {
  it('answers as before, whatever the groups, the bias and the window', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          group: fc.constantFrom(1, 2, 4),
          hasBias: fc.boolean(),
          epsilon: fc.constantFrom(1e-5, 1e-3, 0.1),
          size: fc.constantFrom(1, 3),
        }),
        fc.integer({ min: 1, max: 3 }),
        async (design, n) => {
          const model = modelOf((g) => [g.add('Relu', [normalised(g, 'x', design)])]);
          expect(rewrite(model).hits).toEqual({
            'batch normalisation into convolution': 1,
            'what nothing reads': design.hasBias ? 6 : 5,
          });
          await expectAlike(model, wave(n * 144, 7));
        },
      ),
      { numRuns: 20 },
    );
  });

  const plain: Design = { group: 1, hasBias: true, epsilon: 1e-5, size: 1 };
  it('keeps NaN and infinities where they were', async () => {
    const data = wave(144, 8);
    data.set([Number.NaN, Number.POSITIVE_INFINITY, 3e38], 10);
    await expectAlike(
      modelOf((g) => [normalised(g, 'x', { ...plain, group: 4 })]),
      data,
    );
  });

  it('is not done where the sum is read elsewhere, or is an output itself', async () => {
    const shared = modelOf((g) => {
      const out = normalised(g, 'x', plain);
      return [out, g.add('Relu', [g.nodes[0]?.outputs[0] ?? ''])];
    });
    const shown = modelOf((g) => [normalised(g, 'x', plain), g.nodes[0]?.outputs[0] ?? '']);
    for (const model of [shared, shown]) {
      expect(rewrite(model).hits).toEqual({});
      await expectAlike(model, wave(144, 9));
    }
  });

  it('is not done where a folded weight is no number', () => {
    const model = modelOf((g) => [normalised(g, 'x', plain, Number.POSITIVE_INFINITY)]);
    expect(rewrite(model).hits).toEqual({});
  });

  it('is not done of weights that a caller may feed', () => {
    const model = modelOf((g) => [normalised(g, 'x', plain)]);
    const [weight] = model.graph.initializers.filter(({ dims }) => dims.length === 4);
    const inputs = [
      ...model.graph.inputs,
      { name: weight?.name ?? '', type: 'float32' as const, dims: [4, 4, 1, 1] },
    ];
    expect(rewrite({ ...model, graph: { ...model.graph, inputs } }).hits).toEqual({});
  });
});

describe('the same twice, names and what nothing reads', () => {
  it('leave the answers of random graphs as they are', async () => {
    const parts: readonly ((g: GraphBuilder, a: string, b: string) => string)[] = [
      (g, a) => g.add('Identity', [a]),
      (g, a) => g.add('Relu', [a]),
      (g, a) => g.add('LeakyRelu', [a], { alpha: { kind: 'float', value: 0.1 } }),
      (g, a) => g.add('LeakyRelu', [a], { alpha: { kind: 'float', value: 0.2 } }),
      (g, a, b) => g.add('Add', [a, b]),
      (g, a, b) => g.add('Sub', [a, b]),
      (g, a) => g.add('Transpose', [a], { perm: ints(0, 1, 3, 2) }),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(parts.length - 1), fc.nat(20), fc.nat(20)), { minLength: 3, maxLength: 14 }),
        fc.nat(20),
        async (chosen, second) => {
          const model = modelOf((g) => {
            const values = ['x'];
            for (const [part, a, b] of chosen) {
              const made = parts[part]?.(g, values[a % values.length] ?? '', values[b % values.length] ?? '');
              if (made) values.push(made);
            }
            const made = values.slice(1);
            return [...new Set([made.at(-1) ?? 'x', made[second % made.length] ?? 'x'])];
          });
          await expectAlike(model, wave(144, 10));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('merge two of the same, and none that differs in the sign of a zero or draws random numbers', () => {
    const alpha = (value: number) => ({ alpha: { kind: 'float', value } as const });
    const model = modelOf((g) => {
      const [a, b] = [g.add('Elu', ['x'], alpha(1)), g.add('Elu', ['x'], alpha(1))];
      const [c, d] = [g.add('Elu', ['x'], alpha(0)), g.add('Elu', ['x'], alpha(-0))];
      const [e, f] = [g.add('RandomNormalLike', ['x']), g.add('RandomNormalLike', ['x'])];
      return [[a, b, c, d, e, f].reduce((sum, one) => g.add('Add', [sum, one]))];
    });
    const { hits, model: after } = rewrite(model);
    expect(hits).toEqual({ 'the same twice': 1 });
    expect(after.graph.nodes.map(({ operator }) => operator).filter((one) => one !== 'Add')).toEqual([
      ...['Elu', 'Elu', 'Elu', 'RandomNormalLike', 'RandomNormalLike'],
    ]);
  });

  it('keep what a graph in a node reads from around it', async () => {
    const model = modelOf((g) => {
      const twice = g.add('Add', ['x', 'x']);
      const named = g.add('Identity', [twice]);
      const branch = (name: string, operator: string) => ({
        kind: 'graph' as const,
        value: {
          name,
          inputs: [],
          initializers: [],
          outputs: [{ name: `${name}_out`, type: 'float32' as const, dims: [], isRankless: true }],
          nodes: [{ name, operator, domain: '', inputs: [named], outputs: [`${name}_out`], attributes: {} }],
        },
      });
      const condition = g.constant('bool', [], [1]);
      return [
        g.add('If', [condition], { then_branch: branch('yes', 'Neg'), else_branch: branch('no', 'Abs') }),
      ];
    });
    expect(rewrite(model).hits).toEqual({});
    await expectAlike(model, wave(144, 11));
  });
});
