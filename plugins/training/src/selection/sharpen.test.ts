import { graphBuilder, openSession } from '@trestle/onnx';
import { seeded } from '@trestle/statistics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharpened, sharpenedHead, sharpness } from './sharpen.ts';

/** Answers that come as often as probabilities say, and these probabilities made less sure. */
function unsure(rows: number, by: number) {
  const random = seeded(3);
  const said = Float64Array.from({ length: rows }, random);
  const is = said.map((probability) => Number(random() < probability));
  const loss = (scores: Float64Array): number =>
    scores.reduce((sum, score, row) => sum - Math.log(is[row] === 1 ? score : 1 - score), 0) / rows;
  return { scores: sharpened(said, 1, 1 / by), loss };
}

describe('the sharpness of probabilities', () => {
  it('is by how much they were made less sure', () => {
    const { scores, loss } = unsure(20_000, 2);
    expect(sharpness('binary', scores, 1, loss)).toBeCloseTo(2, 0);
  });

  it('is 1 of few rows, and where nothing else is significantly likelier', () => {
    const few = unsure(900, 2);
    expect(sharpness('binary', few.scores, 1, few.loss)).toBe(1);
    const right = unsure(2_000, 1);
    expect(sharpness('binary', right.scores, 1, right.loss)).toBe(1);
    expect(sharpness('regression', right.scores, 1, right.loss)).toBe(1);
  });

  it.each([1, 3])('keeps the order and adds up, in the graph as here: %d outputs', async (outputs) => {
    const part = fc.double({ min: 0, max: 1, noNaN: true });
    const row = fc.array(part, { minLength: outputs, maxLength: outputs }).map((parts) => {
      const sum = parts.reduce((a, b) => a + b, 0);
      return outputs === 1 ? parts : parts.map((one) => (sum > 0 ? one / sum : 1 / outputs));
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0.25, max: 4, noNaN: true }),
        async (rows, by) => {
          const scores = Float64Array.from(rows.flat());
          const made = sharpened(scores, outputs, by);
          for (const [at, score] of scores.entries())
            for (const [other, than] of scores.entries())
              if (Math.floor(at / outputs) === Math.floor(other / outputs) && score < than)
                expect(made[at]).toBeLessThanOrEqual(made[other] ?? 0);
          const graph = graphBuilder([{ domain: '', version: 18 }]);
          const output = sharpenedHead(
            (of, design) => of.add('Identity', [design]),
            outputs,
            by,
          )(graph, 'design');
          const session = await openSession({
            ...{ irVersion: 8, producer: 'test', opsets: graph.opsets() },
            metadata: {},
            graph: {
              ...{ name: 'head', nodes: graph.nodes, initializers: graph.initializers },
              inputs: [{ name: 'design', type: 'float32', dims: ['batch', outputs] }],
              outputs: [{ name: output, type: 'float32', dims: ['batch', outputs] }],
            },
          });
          const design = {
            type: 'float32' as const,
            dims: [rows.length, outputs],
            data: Float32Array.from(scores),
          };
          const { [output]: found } = await session.run({ design });
          for (const [at, value] of made.entries()) expect(Number(found?.data?.[at])).toBeCloseTo(value, 3);
        },
      ),
      { numRuns: 25 },
    );
  });
});
