import type { PastTrial, SearchSpace, SearchStrategy } from '@trestle/contracts';
import { seeded } from '@trestle/statistics';

/** A function to be searched, with its least value. */
export interface TestFunction {
  readonly space: SearchSpace;
  readonly least: number;
  readonly of: (x: readonly number[]) => number;
}

const box = (dimensions: number, low: number, high: number): SearchSpace =>
  Object.fromEntries(
    Array.from({ length: dimensions }, (_, at) => [
      `x${at}`,
      { type: 'float', low, high, scale: 'linear' } as const,
    ]),
  );

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

// Hartmann's function of six dimensions (Dixon and Szegő 1978), with the constants of Surjanovic and Bingham's Virtual Library of
// Simulation Experiments.
const ALPHA = [1, 1.2, 3, 3.2];
const A = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const P = [
  [1312, 1696, 5569, 124, 8283, 5886],
  [2329, 4135, 8307, 3736, 1004, 9991],
  [2348, 1451, 3522, 2883, 3047, 6650],
  [4047, 8828, 8732, 5743, 1091, 381],
];

/** Standard functions of optimisation. */
export const FUNCTIONS: Readonly<Record<string, TestFunction>> = {
  sphere: { space: box(5, -5, 5), least: 0, of: (x) => sum(x.map((one) => one ** 2)) },
  branin: {
    space: {
      x0: { type: 'float', low: -5, high: 10, scale: 'linear' },
      x1: { type: 'float', low: 0, high: 15, scale: 'linear' },
    },
    least: 0.397887,
    of: ([a = 0, b = 0]) =>
      (b - (5.1 / (4 * Math.PI ** 2)) * a ** 2 + (5 / Math.PI) * a - 6) ** 2 +
      10 * (1 - 1 / (8 * Math.PI)) * Math.cos(a) +
      10,
  },
  hartmann6: {
    space: box(6, 0, 1),
    least: -3.32237,
    of: (x) =>
      -sum(
        ALPHA.map(
          (alpha, i) =>
            alpha * Math.exp(-sum(x.map((one, j) => (A[i]?.[j] ?? 0) * (one - (P[i]?.[j] ?? 0) / 1e4) ** 2))),
        ),
      ),
  },
  rosenbrock: {
    space: box(4, -2, 2),
    least: 0,
    of: (x) =>
      sum(x.slice(1).map((next, at) => 100 * (next - (x[at] ?? 0) ** 2) ** 2 + (1 - (x[at] ?? 0)) ** 2)),
  },
};

/** How far above the least the best of so many trials is. */
export function searchOn(
  { space, least, of }: TestFunction,
  strategy: SearchStrategy,
  seed: number,
  trials: number,
): number {
  const past: PastTrial[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const random = seeded(Math.imul(seed + 1, 0x9e3779b1) + Math.imul(trial, 0x85ebca6b));
    const params = strategy.propose({ space, past, random });
    const value = of(Object.values(params).map(Number));
    past.push({ params, state: 'complete', value, values: [] });
  }
  return Math.min(...past.map(({ value }) => value ?? Number.POSITIVE_INFINITY)) - least;
}
