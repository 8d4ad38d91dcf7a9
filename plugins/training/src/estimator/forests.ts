import { estimator, type SearchParams, type SearchSpace } from '@trestle/contracts';
import { numberIn } from './drawn-settings.ts';

export interface ForestSettings {
  readonly splits: 'best' | 'random';
  readonly trees: number;
  readonly minRows: number;
  /** The share of columns that each split draws; of classes the square root of all where left out, of numbers all. */
  readonly columnShareByNode?: number;
}

const parts = {
  tasks: ['binary', 'multiclass', 'regression'],
  encoding: 'plain',
  takesWeights: true,
  describe: ({ trees, minRows }: ForestSettings) => `${trees} trees (leaves of ${minRows} rows)`,
  load: async () => (await import('./fit-forest.ts')).fitForest,
} as const;

/** What a search draws of a forest. */
const searchOf = (splits: ForestSettings['splits']) => ({
  space: {
    minRows: { type: 'int', low: 1, high: 30, scale: 'log' },
    columnShareByNode: { type: 'float', low: 0.1, high: 1, scale: 'log' },
  } satisfies SearchSpace,
  settings: (params: SearchParams): ForestSettings => ({
    ...{ splits, trees: 100 },
    minRows: numberIn(params, 'minRows'),
    columnShareByNode: numberIn(params, 'columnShareByNode'),
  }),
});

/** Random forests: the mean of deep trees, each of a bootstrap of the rows, each split of drawn columns. */
export const randomForest = estimator<ForestSettings>({
  ...parts,
  name: 'forest',
  aliases: ['random-forest'],
  space: [{ splits: 'best', trees: 100, minRows: 2 }],
  search: searchOf('best'),
});

/** Extremely randomised trees: the mean of deep trees of all rows, whose splits are drawn. */
export const extraTrees = estimator<ForestSettings>({
  ...parts,
  name: 'extra-trees',
  space: [{ splits: 'random', trees: 100, minRows: 2 }],
  search: searchOf('random'),
});
