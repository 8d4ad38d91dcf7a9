import { estimator } from '@trestle/contracts';

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
  describe: ({ leaves, learningRate }) => `${leaves} leaves (rate ${learningRate})`,
  load: async () => (await import('./fit-trees.ts')).fitTrees,
});
