import { estimator } from '@trestle/contracts';
import { numberIn } from './drawn-settings.ts';

export interface NearestSettings {
  readonly neighbours: number;
  /** `distance`: a neighbour counts as much as it is near; an equal row counts alone. */
  readonly weighting: 'uniform' | 'distance';
}

/** k-nearest neighbours: what the rows that are most alike were. The model holds the rows that it was fitted to. */
export const nearest = estimator<NearestSettings>({
  name: 'nearest',
  aliases: ['knn', 'k-nearest-neighbours'],
  tasks: ['binary', 'multiclass', 'regression'],
  // A model that holds its rows is large, slow and shows them: it is chosen by name.
  isInAuto: false,
  space: [
    { neighbours: 15, weighting: 'distance' },
    { neighbours: 5, weighting: 'distance' },
    { neighbours: 50, weighting: 'uniform' },
  ],
  search: {
    space: {
      neighbours: { type: 'int', low: 1, high: 200, scale: 'log' },
      weighting: { type: 'choice', values: ['uniform', 'distance'] },
    },
    settings: (params) => ({
      neighbours: numberIn(params, 'neighbours'),
      weighting: params.weighting === 'uniform' ? 'uniform' : 'distance',
    }),
  },
  describe: ({ neighbours, weighting }) => `${neighbours} neighbours (${weighting})`,
  load: async () => (await import('./fit-nearest.ts')).fitNearest,
});
