import type { Estimator } from '@trestle/contracts';
import { trainError } from '../train-error.ts';
import { numberIn } from './drawn-settings.ts';

const WEIGHTS = ['uniform', 'distance'] as const;

export interface NearestSettings {
  /** How many rows are asked: a whole number from 1 on. */
  readonly neighbours: number;
  /** `distance`: a neighbour counts as much as it is near; an equal row counts alone. */
  readonly weights: (typeof WEIGHTS)[number];
}

/** k-nearest neighbours: what the rows that are most alike were. The model holds the rows that it was fitted to. */
export const nearest: Estimator<NearestSettings> = {
  name: 'nearest',
  aliases: ['knn', 'k-nearest-neighbours'],
  tasks: ['binary', 'multiclass', 'regression'],
  // A model that holds its rows is large, slow and shows them, for a gain on few tables (benchmarks/results/auto-more-…): it is chosen by name.
  isInAuto: false,
  space: [
    { neighbours: 15, weights: 'distance' },
    { neighbours: 5, weights: 'distance' },
    { neighbours: 50, weights: 'uniform' },
  ],
  search: {
    space: {
      neighbours: { type: 'int', low: 1, high: 200, scale: 'log' },
      weights: { type: 'choice', values: [...WEIGHTS] },
    },
    settings: (params) => ({
      neighbours: numberIn(params, 'neighbours'),
      weights: weightsOf(params.weights),
    }),
  },
  describe: ({ neighbours, weights }) => `${neighbours} neighbour${neighbours === 1 ? '' : 's'} (${weights})`,
  load: async () => (await import('./fit-nearest.ts')).fitNearest,
};

/** @throws TRS_TRAIN_SETTINGS when neighbours are no whole number from 1 on, or weights none of those that there are */
export function checkNearest({ neighbours, weights }: NearestSettings): void {
  if (!Number.isInteger(neighbours) || neighbours < 1)
    throw trainError('SETTINGS', {
      kind: 'invalid',
      message: `k-nearest neighbours: neighbours is ${neighbours}.`,
      hint: 'Give a whole number from 1 on.',
    });
  weightsOf(weights);
}

function weightsOf(value: unknown): NearestSettings['weights'] {
  const found = WEIGHTS.find((one) => one === value);
  if (found === undefined)
    throw trainError('SETTINGS', {
      kind: 'invalid',
      message: `k-nearest neighbours: weights is ${JSON.stringify(value)}.`,
      hint: `Give ${WEIGHTS.join(' or ')}.`,
    });
  return found;
}
