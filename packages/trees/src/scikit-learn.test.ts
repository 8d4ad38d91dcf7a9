import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { boost, type Examples, type ObjectiveName, predict } from './index.ts';

interface Fixture {
  readonly name: string;
  readonly objective: ObjectiveName;
  readonly classes: number;
  readonly categories: readonly number[];
  readonly train: number;
  readonly rows: readonly (readonly (number | null)[])[];
  readonly targets: readonly number[];
  readonly weights: readonly number[] | null;
  readonly scores: { readonly rmse?: number; readonly logLoss?: number; readonly auc?: number };
  readonly predictions: readonly (number | readonly number[])[];
}

/** `fixtures/scikit-learn.py` makes it. */
const fixtures: readonly Fixture[] = JSON.parse(
  readFileSync(new URL('fixtures/scikit-learn.json', import.meta.url), 'utf8'),
);

function partOf({ rows, targets, weights, categories }: Fixture, from: number, to: number): Examples {
  const width = categories.length;
  return {
    rows: to - from,
    width,
    matrix: Float64Array.from(rows.slice(from, to).flat(), (value) => value ?? Number.NaN),
    categories,
    targets: targets.slice(from, to),
    ...(weights ? { weights: weights.slice(from, to) } : {}),
  };
}

async function predictionsFor(fixture: Fixture): Promise<Float64Array> {
  const { objective, classes, train } = fixture;
  const options = { objective, classes, rounds: 60, leaves: 15, minRows: 10, l2: 1 };
  const { forest } = await boost(partOf(fixture, 0, train), options);
  return predict(forest, partOf(fixture, train, fixture.rows.length));
}

function scoresOf({ objective, classes }: Fixture, targets: readonly number[], predictions: Float64Array) {
  const mean = (of: (target: number, row: number) => number) =>
    targets.reduce((sum, target, row) => sum + of(target, row), 0) / targets.length;
  const at = (place: number): number => predictions[place] ?? Number.NaN;
  if (objective === 'squaredError')
    return { rmse: Math.sqrt(mean((target, row) => (at(row) - target) ** 2)) };
  if (objective === 'softmax')
    return { logLoss: mean((target, row) => -Math.log(at(row * classes + target))) };
  const order = targets.map((_, row) => row).sort((a, b) => at(a) - at(b));
  const positives = targets.reduce((sum, target) => sum + target, 0);
  const ranks = order.reduce((sum, row, rank) => sum + (targets[row] === 1 ? rank + 1 : 0), 0);
  return {
    logLoss: mean((target, row) => -Math.log(target === 1 ? at(row) : 1 - at(row))),
    auc: (ranks - (positives * (positives + 1)) / 2) / (positives * (targets.length - positives)),
  };
}

/** Where bins of 255 and more values are drawn differs, so trees do; scores may be so much worse, of their size. */
const TOLERANCE = 0.03;

describe('beside HistGradientBoosting of scikit-learn', () => {
  for (const fixture of fixtures) {
    it(`is as good on ${fixture.name}`, async () => {
      const found = scoresOf(fixture, fixture.targets.slice(fixture.train), await predictionsFor(fixture));
      const { rmse, logLoss, auc } = fixture.scores;
      if (rmse !== undefined) expect(found.rmse).toBeLessThanOrEqual(rmse * (1 + TOLERANCE));
      if (logLoss !== undefined) expect(found.logLoss).toBeLessThanOrEqual(logLoss * (1 + TOLERANCE));
      if (auc !== undefined) expect(found.auc).toBeGreaterThanOrEqual(auc - 0.005);
    });
  }

  it('is the same where values are so few that bins leave no choice', async () => {
    const fixture = fixtures.find(({ name }) => name === 'few_values');
    if (!fixture) throw new Error('the fixture few_values is not there');
    const found = await predictionsFor(fixture);
    for (const [row, expected] of fixture.predictions.entries())
      expect(found[row], `row ${row}`).toBeCloseTo(Number(expected), 4);
  });
});
