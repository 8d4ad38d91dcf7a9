import { estimator } from '@trestle/contracts';
import { numberIn } from './drawn-settings.ts';

export interface TreesSettings {
  readonly leaves: number;
  readonly learningRate: number;
  readonly minRows: number;
  readonly l2: number;
  readonly rowShare: number;
  readonly columnShare: number;
}

const space: readonly TreesSettings[] = [
  { leaves: 31, learningRate: 0.1, minRows: 20, l2: 1, rowShare: 1, columnShare: 1 },
  // For small and noisy tables: shallow trees, each of a part of what there is (Friedman 2002).
  { leaves: 6, learningRate: 0.05, minRows: 10, l2: 1, rowShare: 0.7, columnShare: 0.7 },
  // For many rows: deep trees in small steps.
  { leaves: 63, learningRate: 0.04, minRows: 5, l2: 2, rowShare: 0.8, columnShare: 0.6 },
];

/** Gradient-boosted decision trees on histograms. */
export const trees = estimator({
  name: 'trees',
  aliases: ['gbdt'],
  tasks: ['binary', 'multiclass', 'regression'],
  encoding: 'plain',
  takesWeights: true,
  space,
  search: {
    // About what is tuned of boosted trees elsewhere (Grinsztajn, Oyallon and Varoquaux 2022, appendix A.3).
    space: {
      leaves: { type: 'int', low: 4, high: 255, scale: 'log' },
      learningRate: { type: 'float', low: 0.01, high: 0.3, scale: 'log' },
      minRows: { type: 'int', low: 2, high: 100, scale: 'log' },
      l2: { type: 'float', low: 0.001, high: 100, scale: 'log' },
      rowShare: { type: 'float', low: 0.5, high: 1, scale: 'linear' },
      columnShare: { type: 'float', low: 0.4, high: 1, scale: 'linear' },
    },
    settings: (params) => ({
      leaves: numberIn(params, 'leaves'),
      learningRate: numberIn(params, 'learningRate'),
      minRows: numberIn(params, 'minRows'),
      l2: numberIn(params, 'l2'),
      rowShare: numberIn(params, 'rowShare'),
      columnShare: numberIn(params, 'columnShare'),
    }),
  },
  describe: ({ leaves, learningRate }) => `${leaves} leaves (rate ${learningRate})`,
  load: async () => (await import('./fit-trees.ts')).fitTrees,
});
