import { type GraphPart, graphBuilder, openSession } from '@trestle/onnx';
import { type BoostOptions, boost, type Forest, forest as grow, predict } from '@trestle/trees';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { treeEnsemble } from './tree-ensemble.ts';

const CATEGORIES = 40;
const WIDTH = 3;
const ROWS = 80;

/** Numbers that are neighbours in float32, ties, and missing ones. */
const number = fc.oneof(
  fc.integer({ min: 0, max: 4 }).map((steps) => neighbour(0.1, steps)),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, Number.NaN, 3.4028234663852886e38, 1e-45),
);
const row = fc.tuple(number, number, fc.integer({ min: 0, max: CATEGORIES - 1 }));
const rows = fc.array(row, { minLength: ROWS, maxLength: ROWS });

function neighbour(start: number, steps: number): number {
  const bits = new Uint32Array(Float32Array.of(start).buffer);
  bits[0] = (bits[0] ?? 0) + steps;
  return new Float32Array(bits.buffer)[0] ?? 0;
}

async function compute(head: GraphPart, matrix: Float32Array, outputs: number): Promise<readonly number[]> {
  const graph = graphBuilder([
    { domain: '', version: 18 },
    { domain: 'ai.onnx.ml', version: 3 },
  ]);
  const output = head(graph, 'design');
  const session = await openSession({
    irVersion: 8,
    producer: 'test',
    opsets: graph.opsets(),
    graph: {
      name: 'trees',
      nodes: graph.nodes,
      initializers: graph.initializers,
      inputs: [{ name: 'design', type: 'float32', dims: ['batch', WIDTH] }],
      outputs: [{ name: output, type: 'float32', dims: ['batch', outputs] }],
    },
    metadata: {},
  });
  const dims = [matrix.length / WIDTH, WIDTH];
  const { [output]: computed } = await session.run({ design: { type: 'float32', dims, data: matrix } });
  return Array.from(computed?.data ?? [], Number);
}

/** A forest of rows whose targets tell nearly all of them apart: a row that goes astray shows. */
async function forestOf(
  matrix: Float32Array,
  options: Pick<BoostOptions, 'objective' | 'classes'>,
): Promise<Forest> {
  const { objective, classes = 2 } = options;
  const targets = Array.from({ length: ROWS }, (_, at) => {
    const mixed = Math.imul(at + 1, 2_654_435_761) >>> 8;
    return objective === 'squaredError' ? mixed % 1_000 : mixed % classes;
  });
  const examples = { rows: ROWS, width: WIDTH, matrix, categories: [0, 0, CATEGORIES], targets };
  return (await boost(examples, { ...options, rounds: 3, learningRate: 0.7, leaves: 20, minRows: 1 })).forest;
}

describe('trees as a graph', () => {
  for (const [task, options] of [
    ['regression', { objective: 'squaredError' }],
    ['binary', { objective: 'logistic' }],
    ['multiclass', { objective: 'softmax', classes: 3 }],
  ] as const) {
    it(`of a ${task} send every row where training sent it, whatever float32 it has`, async () => {
      await fc.assert(
        fc.asyncProperty(rows, rows, async (seen, unseen) => {
          const matrix = Float32Array.from([...seen, ...unseen].flat());
          const forest = await forestOf(matrix.slice(0, ROWS * WIDTH), options);
          const expected = predict(forest, { rows: 2 * ROWS, width: WIDTH, matrix });
          const computed = await compute(treeEnsemble(forest), matrix, forest.outputs);
          expect(computed).toHaveLength(expected.length);
          for (const [at, value] of expected.entries())
            expect(Math.abs((computed[at] ?? Number.NaN) - value), `output ${at}`).toBeLessThanOrEqual(
              2e-7 * Math.max(1, Math.abs(value)),
            );
        }),
        { numRuns: 40 },
      );
    });
  }

  it('of all classes at once do so, too', async () => {
    await fc.assert(
      fc.asyncProperty(rows, rows, async (seen, unseen) => {
        const matrix = Float32Array.from([...seen, ...unseen].flat());
        const targets = Array.from({ length: ROWS }, (_, at) => (Math.imul(at + 1, 2_654_435_761) >>> 8) % 5);
        const { forest } = await grow(
          {
            rows: ROWS,
            width: WIDTH,
            matrix: matrix.slice(0, ROWS * WIDTH),
            categories: [0, 0, CATEGORIES],
            targets,
          },
          { objective: 'gini', classes: 5, trees: 4, minRows: 2 },
        );
        const expected = predict(forest, { rows: 2 * ROWS, width: WIDTH, matrix });
        const computed = await compute(treeEnsemble(forest), matrix, 5);
        for (const [at, value] of expected.entries())
          expect(Math.abs((computed[at] ?? Number.NaN) - value), `output ${at}`).toBeLessThanOrEqual(5e-7);
      }),
      { numRuns: 40 },
    );
  });

  it('of a constant are a constant', async () => {
    const matrix = new Float32Array(ROWS * WIDTH);
    const { forest } = await boost(
      { rows: ROWS, width: WIDTH, matrix, targets: new Array(ROWS).fill(0.5) },
      { objective: 'squaredError' },
    );
    expect(await compute(treeEnsemble(forest), matrix.subarray(0, 6), 1)).toEqual([0.5, 0.5]);
  });
});
