import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { boost } from './boost.ts';
import type { Examples } from './examples.ts';
import { ndcg } from './ndcg.ts';
import { predict } from './predict.ts';

const [ROWS, WIDTH, QUERIES] = [20, 6, 100];

/** The queries of fixtures/ranking.py: to learn from, and to be judged on. */
function made(): readonly [Examples, Examples] {
  let state = 12_345;
  const drawn = (): number => {
    state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0;
    return (state >>> 8) % 100;
  };
  const part = (): Examples => {
    const rows = QUERIES * ROWS;
    const matrix = new Float64Array(rows * WIDTH);
    const targets = Float64Array.from({ length: rows }, (_, row) => {
      const f = Array.from({ length: WIDTH }, drawn);
      matrix.set(f, row * WIDTH);
      const [first = 0, second = 0, third = 0, fourth = 0] = f;
      const noise = (drawn() + drawn() + drawn() - 150) / 100;
      const use = first / 50 + (second > 50 ? third / 50 : 0) - Math.abs(fourth - 50) / 50 + 0.6 * noise;
      return [0.8, 1.4, 2, 2.6].filter((bound) => use > bound).length;
    });
    const queries = Float64Array.from({ length: rows }, (_, row) => Math.floor(row / ROWS));
    return { rows, width: WIDTH, matrix, targets, queries };
  };
  return [part(), part()];
}

const [training, held] = made();
const { queries = [] } = held;
const peers = JSON.parse(readFileSync(new URL('./fixtures/ranking.json', import.meta.url), 'utf8'));

/** The same rows in another order. */
function shuffled({ rows, width, matrix, targets, queries: of = [] }: Examples, step: number): Examples {
  const order = Array.from({ length: rows }, (_, at) => (at * step) % rows);
  return {
    ...{ rows, width, queries: order.map((row) => of[row] ?? 0) },
    matrix: Float64Array.from(order.flatMap((row) => [...matrix.slice(row * width, (row + 1) * width)])),
    targets: order.map((row) => targets[row] ?? 0),
  };
}

describe('ndcg', () => {
  it('is what scikit-learn finds, ties and cut-offs included', () => {
    const first = Float64Array.from({ length: held.rows }, (_, row) =>
      Math.floor((held.matrix[row * WIDTH] ?? 0) / 10),
    );
    const of = (options: Parameters<typeof ndcg>[3]) => ndcg(held.targets, first, queries, options);
    const known = peers.ofFirstColumn;
    expect(of({ gain: 'linear' })).toBeCloseTo(known.linear, 12);
    expect(of({ gain: 'linear', at: 5 })).toBeCloseTo(known.linearAt5, 12);
    expect(of({ at: 10 })).toBeCloseTo(known.exponentialAt10, 12);
  });

  it('is 1 in the best order, wherever the rows of a query stand, and 0 of what has nothing relevant', () => {
    const { targets, queries: of = [] } = shuffled(held, 7);
    expect(ndcg(targets, targets, of)).toBeCloseTo(1, 12);
    expect(ndcg([0, 0, 1, 0], [1, 2, 2, 1], [1, 1, 2, 2])).toBe(0.5);
  });
});

describe('LambdaMART', () => {
  const options = { objective: 'lambdaRank', rounds: 100, learningRate: 0.1 } as const;
  const measured = async (given: Examples = training) => {
    const { forest } = await boost(given, options);
    return ndcg(held.targets, predict(forest, held), queries, { at: 10 });
  };

  it('orders rows that it has not seen as well as XGBoost does', async () => {
    const found = await measured();
    expect(found).toBeGreaterThan(peers.ofFirstColumn.exponentialAt10 + 0.1);
    expect(found).toBeGreaterThan(peers.ofXgboost.exponentialAt10 - 0.005);
  });

  it('does so wherever the rows of a query stand, and a query counts as its rows do', async () => {
    expect(await measured(shuffled(training, 7))).toBeGreaterThan(peers.ofXgboost.exponentialAt10 - 0.01);
    // Half of the queries are wrong and count nothing.
    const { targets, queries: of = [] } = training;
    const wrong = Float64Array.from(targets, (target, row) => ((of[row] ?? 0) % 2 ? target : 4 - target));
    const weights = Float64Array.from(of, (query) => query % 2);
    expect(await measured({ ...training, targets: wrong })).toBeLessThan(0.8);
    expect(await measured({ ...training, targets: wrong, weights })).toBeGreaterThan(0.85);
  });

  it('stops when other queries are ordered no better, which are judged by their NDCG', async () => {
    const { rounds, scores, stopped, forest } = await boost(
      training,
      { ...options, rounds: 500, patience: 20 },
      { validation: held },
    );
    expect(stopped).toBe('patience');
    expect(scores[rounds - 1]).toBe(Math.max(...scores));
    expect(1 + (scores[rounds - 1] ?? 0)).toBeCloseTo(ndcg(held.targets, predict(forest, held), queries), 3);
  });

  it.each([
    ['no queries', { queries: undefined }, 'TRS_TREES_SHAPE'],
    ['too few', { queries: [1, 2] }, 'TRS_TREES_SHAPE'],
    [
      'a query that is none',
      { queries: new Float64Array(training.rows).fill(Number.NaN) },
      'TRS_TREES_QUERY',
    ],
    ['a relevance below 0', { targets: new Float64Array(training.rows).fill(-1) }, 'TRS_TREES_TARGET'],
  ])('refuses %s', async (_, change, code) => {
    const { queries: own, ...others } = { ...training, ...change };
    await expect(
      boost(own === undefined ? others : { ...others, queries: own }, options),
    ).rejects.toMatchObject({ code });
  });
});
