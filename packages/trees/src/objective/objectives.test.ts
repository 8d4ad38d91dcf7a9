import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boost,
  type Examples,
  finiteNumbers,
  type Objective,
  type ObjectiveName,
  predict,
} from '../index.ts';
import { openArena } from '../wasm/arena.ts';
import { growing } from '../wasm/kernels.ts';
import { objectiveOf } from './objectives.ts';
import { weightedQuantile } from './quantiles.ts';
import { workshopIn } from './workshop.ts';

interface Fixture {
  readonly name: ObjectiveName;
  readonly train: number;
  readonly matrix: readonly number[];
  readonly targets: readonly number[];
  readonly score: number;
}

/** `fixtures/objectives.py` makes it. */
const fixtures: readonly Fixture[] = JSON.parse(
  readFileSync(new URL('../fixtures/objectives.json', import.meta.url), 'utf8'),
);
const ROWS = { rows: 0 };
const DETAILS = { quantile: 0.8, huberDelta: 1, tweediePower: 1.5, rankTruncation: 30 };
const SMALL = { rounds: 60, leaves: 15, minRows: 10, l2: 1 };

const workshop = (rows: number) => {
  const arena = openArena(growing, 64 * rows + 1_024);
  return workshopIn(() => arena, rows);
};
const partOf = ({ matrix, targets }: Fixture, from: number, to: number): Examples => ({
  rows: to - from,
  width: 4,
  matrix: Float64Array.from(matrix.slice(4 * from, 4 * to)),
  targets: targets.slice(from, to),
});
/** The mean loss as others count it: deviances are twice what is minimised. */
const scoreOf = (name: ObjectiveName, targets: ArrayLike<number>, predictions: Float64Array): number =>
  (['poisson', 'gamma', 'tweedie'].includes(name) ? 2 : 1) *
  (objectiveOf(name, 1, DETAILS, workshop(1), ROWS).loss(
    predictions,
    Float64Array.from(targets),
    new Float64Array(targets.length).fill(1),
  ) /
    targets.length);

describe('objectives beside those of others', () => {
  for (const fixture of fixtures)
    it(`${fixture.name} is as good`, async () => {
      const { name, train, targets } = fixture;
      const held = partOf(fixture, train, targets.length);
      const { forest } = await boost(partOf(fixture, 0, train), { ...SMALL, ...DETAILS, objective: name });
      expect(scoreOf(name, held.targets, predict(forest, held))).toBeLessThanOrEqual(1.03 * fixture.score);
    });
});

describe('an objective', () => {
  /** Targets that each knows, and scores not too far away. */
  const targetOf = (name: ObjectiveName) =>
    name === 'logistic'
      ? fc.integer({ min: 0, max: 1 })
      : name === 'gamma'
        ? fc.double({ min: 0.01, max: 50, noNaN: true })
        : fc.double({ min: 0, max: 50, noNaN: true });
  const smooth = ['squaredError', 'huber', 'poisson', 'gamma', 'tweedie', 'logistic'] as const;

  it.each(smooth)('%s has the slope of its loss, and its curvature where there is one', (name) => {
    fc.assert(
      fc.property(
        targetOf(name),
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: 0.1, max: 5, noNaN: true }),
        (target, score, weight) => {
          const objective = objectiveOf(name, 1, DETAILS, workshop(1), ROWS);
          const [targets, weights] = [Float64Array.of(target), Float64Array.of(weight)];
          const at = (given: number) => {
            const into = new Float64Array(2);
            objective.slopes(Float64Array.of(given), 0, targets, weights, into);
            return into;
          };
          const lossAt = (given: number): number => {
            const activated = {
              identity: given,
              logistic: 1 / (1 + Math.exp(-given)),
              exponential: Math.exp(given),
              softmax: given,
            }[objective.activation];
            return objective.loss(Float64Array.of(activated), targets, weights);
          };
          const step = 1e-5;
          const slope = (lossAt(score + step) - lossAt(score - step)) / (2 * step);
          const size = 1 + Math.abs(slope);
          const [found = 0, curvature = 0] = at(score);
          expect(Math.abs(found - slope)).toBeLessThanOrEqual(2e-4 * size * weight);
          if (name === 'huber') return;
          const [above = 0] = at(score + step);
          const [below = 0] = at(score - step);
          expect(Math.abs((above - below) / (2 * step) - curvature)).toBeLessThanOrEqual(
            1e-4 * (1 + curvature) * weight,
          );
        },
      ),
    );
  });

  it.each(['quantile', 'absoluteError'] as const)(
    '%s begins with a score that no other is better than',
    (name) => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 1, max: 4 })), {
            minLength: 1,
            maxLength: 30,
          }),
          (rows) => {
            const objective = objectiveOf(name, 1, { ...DETAILS, quantile: 0.25 }, workshop(1), ROWS);
            const targets = Float64Array.from(rows, ([target]) => target);
            const equal = new Float64Array(rows.length).fill(2);
            const lossAt = (score: number): number =>
              objective.loss(new Float64Array(rows.length).fill(score), targets, equal);
            const { 0: first = Number.NaN } = objective.initial(targets, equal);
            // Between two numbers the loss is a line; the interpolated quantile may be one number away from the best.
            const sorted = targets.slice().sort();
            const best = Math.min(...Array.from(targets, lossAt));
            const share = name === 'quantile' ? 0.25 : 0.5;
            const place = share * (rows.length - 1);
            const near = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
            expect(first).toBeGreaterThanOrEqual(near[0] ?? 0);
            expect(first).toBeLessThanOrEqual(near[1] ?? 0);
            expect(Math.min(...near.map(lossAt))).toBeCloseTo(best, 9);
          },
        ),
      );
    },
  );

  it('of weights that are whole numbers has nearly the quantile of rows given so often', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 0, max: 3 })), {
          minLength: 2,
          maxLength: 30,
        }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rows, share) => {
          const weights = Float64Array.from(rows, ([, weight]) => weight);
          fc.pre(weights.some((weight) => weight > 0));
          const found = weightedQuantile(
            Float64Array.from(rows, ([value]) => value),
            weights,
            share,
          );
          const repeated = rows
            .flatMap(([value, weight]) => new Array<number>(weight).fill(value))
            .sort((a, b) => a - b);
          const place = share * (repeated.length - 1);
          expect(found).toBeGreaterThanOrEqual(repeated[Math.max(0, Math.floor(place) - 3)] ?? Number.NaN);
          expect(found).toBeLessThanOrEqual(
            repeated[Math.min(repeated.length - 1, Math.ceil(place) + 3)] ?? Number.NaN,
          );
        },
      ),
    );
  });

  it.each(['poisson', 'gamma', 'tweedie'] as const)(
    '%s gets better with every round, whatever lies far out',
    async (objective) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.tuple(fc.integer({ min: 0, max: 20 }), fc.double({ min: 0.001, max: 1, noNaN: true })),
            {
              minLength: 10,
              maxLength: 60,
            },
          ),
          fc.constantFrom(1, 1e3, 1e6, 1e9),
          async (rows, outlier) => {
            const targets = rows.map(([, target], row) => (row === 3 ? outlier : target));
            const examples = {
              rows: rows.length,
              width: 1,
              matrix: Float64Array.from(rows, ([x]) => x),
              targets,
            };
            const { scores } = await boost(
              examples,
              { objective, rounds: 30, minRows: 1, patience: 100 },
              { validation: examples },
            );
            for (const [round, score] of scores.entries())
              expect(score).toBeGreaterThanOrEqual(
                (scores[round - 1] ?? Number.NEGATIVE_INFINITY) - 1e-9 * Math.abs(score),
              );
          },
        ),
        { numRuns: 40 },
      );
    },
  );

  it('of your own is learnt like ours', async () => {
    const fixture = fixtures.find(({ name }) => name === 'poisson');
    if (!fixture) throw new Error('the fixture poisson is not there');
    const examples = partOf(fixture, 0, fixture.train);
    const own: Objective = {
      ...{ name: 'mine', targets: finiteNumbers, activation: 'exponential' },
      initial: (targets, weights) => [
        Math.log(
          targets.reduce((sum, target, row) => sum + target * (weights[row] ?? 0), 0) /
            weights.reduce((sum, weight) => sum + weight, 0),
        ),
      ],
      slopes(scores, _, targets, weights, into) {
        for (const [row, target] of targets.entries()) {
          const mean = Math.exp(scores[row] ?? 0);
          into[2 * row] = (weights[row] ?? 0) * (mean - target);
          into[2 * row + 1] = (weights[row] ?? 0) * mean;
        }
      },
      loss: () => 0,
      shorten: (step) => Math.sign(step) * Math.log1p(Math.abs(step)),
    };
    const [mine, theirs] = [
      await boost(examples, { ...SMALL, objective: own }),
      await boost(examples, { ...SMALL, objective: 'poisson' }),
    ];
    expect(mine.forest.objective).toBe('mine');
    const [found, expected] = [predict(mine.forest, examples), predict(theirs.forest, examples)];
    for (const [row, value] of expected.entries()) expect(found[row]).toBeCloseTo(value, 6);
  });

  it.each([
    [{ ...finiteNumbers }, [1, 2], 'TRS_TREES_OBJECTIVE'],
    [{ ...finiteNumbers }, [Number.NaN], 'TRS_TREES_DIVERGED'],
    [{ isAllowed: (target: number) => target > 5, words: 'numbers above 5' }, [0], 'TRS_TREES_TARGET'],
  ])('of your own is refused by name where it does not work (%#)', async (targets, initial, code) => {
    const own: Objective = {
      ...{ name: 'mine', targets, activation: 'identity', initial: () => initial },
      slopes: (scores, _, wanted, __, into) => {
        for (const [row, target] of wanted.entries()) into[2 * row] = (scores[row] ?? 0) - target;
      },
      loss: () => 0,
    };
    const examples = { rows: 2, width: 1, matrix: Float64Array.of(1, 2), targets: [1, 2] };
    await expect(boost(examples, { objective: own })).rejects.toMatchObject({ code });
  });

  it.each([
    ['poisson', [-1, 2]],
    ['gamma', [0, 2]],
    ['tweedie', [-1, 2]],
    ['quantile', [Number.NaN, 2]],
  ] as const)('%s refuses targets that it does not know', async (objective, targets) => {
    await expect(
      boost({ rows: 2, width: 1, matrix: Float64Array.of(1, 2), targets }, { objective }),
    ).rejects.toMatchObject({ code: 'TRS_TREES_TARGET' });
  });
});
