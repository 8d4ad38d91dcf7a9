import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Examples, forest, predict } from './index.ts';

interface Fixture {
  readonly name: string;
  /** 0 of numbers. */
  readonly classes: number;
  readonly width: number;
  readonly train: number;
  readonly matrix: readonly number[];
  readonly targets: readonly number[];
  readonly scores: Readonly<Record<'best' | 'random', { readonly mean: number; readonly deviation: number }>>;
}

/** `fixtures/scikit-learn-forests.py` makes it. */
const fixtures: readonly Fixture[] = JSON.parse(
  readFileSync(new URL('fixtures/scikit-learn-forests.json', import.meta.url), 'utf8'),
);
const SEEDS = 4;

const partOf = ({ width, matrix, targets }: Fixture, from: number, to: number): Examples => ({
  rows: to - from,
  width,
  matrix: Float32Array.from(matrix.slice(from * width, to * width)),
  targets: targets.slice(from, to),
});

/** Brier's score of classes, the root mean squared error of numbers. */
function scoreOf(classes: number, targets: ArrayLike<number>, predictions: Float64Array): number {
  const outputs = classes > 2 ? classes : 1;
  let sum = 0;
  for (let row = 0; row < targets.length; row++)
    for (let output = 0; output < outputs; output++) {
      const truth = outputs > 1 ? Number(targets[row] === output) : (targets[row] ?? 0);
      sum += (classes === 2 ? 2 : 1) * ((predictions[row * outputs + output] ?? Number.NaN) - truth) ** 2;
    }
  return classes > 0 ? sum / targets.length : Math.sqrt(sum / targets.length);
}

describe("beside scikit-learn's forests", () => {
  for (const fixture of fixtures)
    for (const splits of ['best', 'random'] as const)
      it(`is as good on ${fixture.name} with ${splits} splits`, async () => {
        const { classes, train, targets } = fixture;
        const learnt = partOf(fixture, 0, train);
        const held = partOf(fixture, train, targets.length);
        const aim =
          classes > 0 ? ({ objective: 'gini', classes } as const) : { objective: 'squaredError' as const };
        let mean = 0;
        for (let seed = 0; seed < SEEDS; seed++) {
          const grown = await forest(learnt, { ...aim, splits, seed });
          mean += scoreOf(classes, held.targets, predict(grown.forest, held)) / SEEDS;
        }
        const { mean: expected, deviation } = fixture.scores[splits];
        expect(mean).toBeLessThanOrEqual(expected + 2 * deviation + 0.02 * expected);
      });
});
