import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitLinear, type LinearOptions } from './fit-linear.ts';

const signal = new AbortController().signal;
const ROWS = 60;

/** Rows of two columns and a target, from a seed. */
function dataOf(task: LinearOptions['task'], seed: number) {
  const noise = (i: number): number => ((Math.sin(i * 12.9898 + seed) * 43758.5453) % 1) * 2;
  const matrix = Float32Array.from({ length: ROWS * 2 }, (_, i) => (i % 5 === 0 ? 0 : noise(i)));
  const targets = Float64Array.from({ length: ROWS }, (_, row) => {
    const score = 2 * (matrix[row * 2] ?? 0) - (matrix[row * 2 + 1] ?? 0) + noise(row + 999);
    if (task === 'regression') return score;
    return task === 'binary' ? Number(score > 0) : score < -0.7 ? 0 : score < 0.7 ? 1 : 2;
  });
  return { rows: ROWS, matrix, width: 2, targets };
}

/** The penalised mean loss, written down once more as its definition says. */
function lossOf(
  data: ReturnType<typeof dataOf>,
  task: string,
  outputs: number,
  penalty: number,
  w: readonly number[],
): number {
  let loss = 0;
  for (let row = 0; row < ROWS; row++) {
    const scores = Array.from(
      { length: outputs },
      (_, o) =>
        (w[2 * outputs + o] ?? 0) +
        [0, 1].reduce((sum, c) => sum + (data.matrix[row * 2 + c] ?? 0) * (w[c * outputs + o] ?? 0), 0),
    );
    const [score = 0] = scores;
    const target = data.targets[row] ?? 0;
    if (task === 'regression') loss += 0.5 * (score - target) ** 2;
    else if (task === 'binary') loss -= Math.log(1 / (1 + Math.exp(target === 1 ? -score : score)));
    else loss -= Math.log(Math.exp(scores[target] ?? 0) / scores.reduce((sum, s) => sum + Math.exp(s), 0));
  }
  const squares = w.slice(0, 2 * outputs).reduce((sum, weight) => sum + weight * weight, 0);
  return (loss + 0.5 * penalty * squares) / ROWS;
}

describe('a linear fit', () => {
  it.each([
    ['binary', 1],
    ['multiclass', 3],
    ['regression', 1],
  ] as const)(
    'of a %s target is at the optimum: the loss is flat there, whatever the data',
    async (task, outputs) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: 1_000 }),
          fc.constantFrom(0.1, 1, 20),
          async (seed, penalty) => {
            const data = dataOf(task, seed);
            const { layer } = await fitLinear(data, {
              task,
              targets: data.targets,
              outputs,
              penalty,
              signal,
            });
            const w = [...layer.weights, ...layer.bias];
            for (const at of w.keys()) {
              const beside = (by: number): number =>
                lossOf(
                  data,
                  task,
                  outputs,
                  penalty,
                  w.map((x, i) => (i === at ? x + by : x)),
                );
              expect(Math.abs(beside(1e-4) - beside(-1e-4)) / 2e-4).toBeLessThan(2e-5);
            }
          },
        ),
        { numRuns: 25 },
      );
    },
  );

  it('has smaller weights under a larger penalty, and the same ones twice', async () => {
    const data = dataOf('binary', 3);
    const fit = async (penalty: number) =>
      (await fitLinear(data, { task: 'binary', targets: data.targets, outputs: 1, penalty, signal })).layer
        .weights;
    const size = (weights: Float32Array): number => Math.hypot(...weights);
    expect(size(await fit(100))).toBeLessThan(size(await fit(1)));
    expect(await fit(1)).toEqual(await fit(1));
  });

  it('stops when it is told to', async () => {
    const stop = AbortSignal.abort(new Error('stopped'));
    const data = dataOf('binary', 3);
    const { targets } = data;
    const fit = fitLinear(data, { task: 'binary', targets, outputs: 1, penalty: 1, signal: stop });
    await expect(fit).rejects.toThrow('stopped');
  });
});
