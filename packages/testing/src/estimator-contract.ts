import type { Design, Encoding, EstimatorCandidate, FitOptions, Task } from '@trestle/contracts';
import { graphBuilder, openSession } from '@trestle/onnx';
import { describe, expect, it } from 'vitest';

const ROWS = 240;
/** Numbers; where numbers may be missing, and categories are places, one more column of these. */
const WIDTHS = { scaled: 3, plain: 4 } as const;
const CATEGORIES = 5;
const OUTPUTS = { binary: 1, multiclass: 3, regression: 1 } as const;

/** Rows whose target depends on two of three columns, and on the categories where there are any, from a seed. */
function rowsOf(
  task: Task,
  seed: number,
  encoding: Encoding,
): { readonly design: Design; readonly targets: Float64Array } {
  // A linear congruential generator: the same numbers on every machine.
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const width = WIDTHS[encoding];
  const matrix = Float32Array.from({ length: ROWS * width }, next);
  const targets = Float64Array.from({ length: ROWS }, (_, row) => {
    let score = 2 * (matrix[row * width] ?? 0) - (matrix[row * width + 1] ?? 0) + 0.1 * next();
    if (encoding === 'plain') {
      const category = Math.floor(((next() + 1) / 2) * CATEGORIES);
      matrix[row * width + 3] = category;
      score += (category % 2) / 2;
      for (let column = 0; column < 3; column++) if (next() > 0.8) matrix[row * width + column] = Number.NaN;
    }
    if (task === 'regression') return score;
    return task === 'binary' ? Number(score > 0) : score < -0.6 ? 0 : score < 0.6 ? 1 : 2;
  });
  const categories = encoding === 'plain' ? { categories: [0, 0, 0, CATEGORIES] } : {};
  return { design: { rows: ROWS, width, matrix, ...categories }, targets };
}

/** How well predictions fit: minus the mean squared error of values, or of probabilities (Brier 1950). */
function skill(task: Task, targets: Float64Array, predictions: ArrayLike<number>): number {
  const outputs = OUTPUTS[task];
  let sum = 0;
  for (const [row, target] of targets.entries()) {
    for (let output = 0; output < outputs; output++) {
      const truth = task === 'multiclass' ? Number(target === output) : target;
      sum += ((predictions[row * outputs + output] ?? Number.NaN) - truth) ** 2;
    }
  }
  return -sum / targets.length;
}

/** What every estimator must do, in each of its settings and for each of its tasks. Call it inside a vitest file. */
export function estimatorContract(candidates: readonly EstimatorCandidate[]): void {
  for (const candidate of candidates) {
    for (const task of candidate.tasks) {
      describe(`${candidate.label}, ${task}: estimator contract`, () => {
        const training = rowsOf(task, 1, candidate.encoding);
        const held = rowsOf(task, 2, candidate.encoding);
        const signal = new AbortController().signal;
        const optionsOf = (more: Partial<FitOptions> = {}): FitOptions => ({
          task,
          targets: training.targets,
          outputs: OUTPUTS[task],
          seed: 7,
          signal,
          onRound: () => {},
          ...more,
        });

        it('tells how good it is on rows that it was not fitted to, better than a guess, and how far it is', async () => {
          const scores: number[] = [];
          const fractions: number[] = [];
          const { rounds } = await candidate.fit(
            training.design,
            optionsOf({
              validation: {
                design: held.design,
                judge(predictions) {
                  expect(predictions).toHaveLength(ROWS * OUTPUTS[task]);
                  scores.push(skill(task, held.targets, predictions));
                  return scores.at(-1) ?? Number.NaN;
                },
              },
              onRound: (fraction) => fractions.push(fraction),
            }),
          );
          const guess = Array.from({ length: ROWS * OUTPUTS[task] }, () =>
            task === 'regression' ? 0 : 1 / Math.max(2, OUTPUTS[task]),
          );
          expect(Math.max(...scores)).toBeGreaterThan(skill(task, held.targets, guess));
          expect(rounds).toBeGreaterThanOrEqual(1);
          expect(rounds).toBeLessThanOrEqual(scores.length);
          expect(fractions.every((one, at) => one > (fractions[at - 1] ?? 0) && one <= 1)).toBe(true);
        });

        it('gives the same answers twice, and the graph gives them too', async () => {
          const fitAgain = () => candidate.fit(training.design, optionsOf({ rounds: 3 }));
          const [fitted, again] = [await fitAgain(), await fitAgain()];
          const predictions = fitted.predict(held.design);
          expect(again.predict(held.design)).toEqual(predictions);
          const graph = graphBuilder([
            { domain: '', version: 18 },
            { domain: 'ai.onnx.ml', version: 3 },
          ]);
          const output = fitted.head(graph, 'design');
          const session = await openSession({
            irVersion: 8,
            producer: 'contract',
            opsets: graph.opsets(),
            graph: {
              name: 'head',
              nodes: graph.nodes,
              initializers: graph.initializers,
              inputs: [{ name: 'design', type: 'float32', dims: ['batch', held.design.width] }],
              outputs: [{ name: output, type: 'float32', dims: ['batch', OUTPUTS[task]] }],
            },
            metadata: {},
          });
          const { [output]: computed } = await session.run({
            design: { type: 'float32', dims: [ROWS, held.design.width], data: held.design.matrix },
          });
          expect(computed?.dims).toEqual([ROWS, OUTPUTS[task]]);
          for (const [at, value] of predictions.entries())
            expect(Number(computed?.data?.[at]), `output ${at}`).toBeCloseTo(value, 4);
        });

        if (candidate.takesWeights) {
          it('lets rows count as much as it is told to', async () => {
            const fitted = async (weights?: Float64Array) =>
              await candidate.fit(training.design, optionsOf({ rounds: 3, ...(weights ? { weights } : {}) }));
            const weights = Float64Array.from({ length: ROWS }, (_, row) => (row % 2 === 0 ? 2 : 0));
            const [alike, halved] = [await fitted(), await fitted(weights)];
            expect(halved.predict(held.design)).not.toEqual(alike.predict(held.design));
            const ones = await fitted(new Float64Array(ROWS).fill(1));
            for (const [at, value] of alike.predict(held.design).entries())
              expect(ones.predict(held.design)[at]).toBeCloseTo(value, 3);
          });
        }

        it('ends when it is told to, with the reason', async () => {
          const reason = new Error('told to stop');
          const stopped = candidate.fit(training.design, optionsOf({ signal: AbortSignal.abort(reason) }));
          await expect(stopped).rejects.toBe(reason);
        });
      });
    }
  }
}
