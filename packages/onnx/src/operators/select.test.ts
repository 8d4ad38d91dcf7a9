import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { graphBuilder, int } from '../format/graph-builder.ts';
import type { TensorData } from '../format/model.ts';
import { openSession } from '../session/session.ts';

async function topK(values: readonly number[], k: number, isLargest: boolean) {
  const g = graphBuilder([{ domain: '', version: 17 }]);
  const attributes = { axis: int(0), largest: int(Number(isLargest)) };
  const found = g.add('TopK', ['x', g.constant('int64', [1], [k])], attributes, '', 2);
  const session = await openSession({
    ...{ irVersion: 8, opsets: g.opsets(), producer: 'test', metadata: {} },
    graph: {
      ...{ name: 'top', nodes: g.nodes, initializers: g.initializers },
      inputs: [{ name: 'x', type: 'float32', dims: ['n'] }],
      outputs: [
        { name: found, type: 'float32', dims: [k] },
        { name: `${found}_1`, type: 'int64', dims: [k] },
      ],
    },
  });
  const data = Float32Array.from(values);
  const outputs = await session.run({ x: { type: 'float32', dims: [values.length], data } });
  return Array.from((outputs[`${found}_1`] as TensorData).data, Number);
}

describe('TopK', () => {
  it('gives the first of a whole order, few or many of them, equal ones by their place and NaN last', async () => {
    const value = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(Number.NaN));
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { minLength: 1, maxLength: 120 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        async (values, share, isLargest) => {
          const k = Math.floor(share * values.length);
          const rank = (at: number): number => {
            const one = values[at] ?? 0;
            return Number.isNaN(one) ? 100 : one;
          };
          const order = values
            .map((_, at) => at)
            .sort((a, b) => (isLargest ? -1 : 1) * (rank(a) - rank(b)) || a - b);
          expect(await topK(values, k, isLargest)).toEqual(order.slice(0, k));
        },
      ),
    );
  });
});
