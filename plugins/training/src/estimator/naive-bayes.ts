import type { Estimator } from '@trestle/contracts';
import { trainError } from '../train-error.ts';
import { numberIn } from './drawn-settings.ts';

export interface NaiveBayesSettings {
  /** Added to each count of a category, above 0: what a class never had is not impossible (Laplace). */
  readonly smoothing: number;
}

/** Naive Bayes: numbers as a normal distribution of each class, categories by their counts, as if no column knew of another. */
export const naiveBayes: Estimator<NaiveBayesSettings> = {
  name: 'naive-bayes',
  aliases: ['nb'],
  tasks: ['binary', 'multiclass'],
  encoding: 'plain',
  takesWeights: true,
  // Columns do know of each other: where an ensemble took it, it was worse more often than not (benchmarks/results/auto-more-…).
  isInAuto: false,
  space: [{ smoothing: 1 }, { smoothing: 10 }],
  search: {
    space: { smoothing: { type: 'float', low: 0.01, high: 100, scale: 'log' } },
    settings: (params) => ({ smoothing: numberIn(params, 'smoothing') }),
  },
  describe: ({ smoothing }) => `(smoothing ${smoothing})`,
  load: async () => (await import('./fit-naive-bayes.ts')).fitNaiveBayes,
};

/** @throws TRS_TRAIN_SETTINGS when the smoothing is no number above 0 */
export function checkNaiveBayes({ smoothing }: NaiveBayesSettings): void {
  if (Number.isFinite(smoothing) && smoothing > 0) return;
  throw trainError('SETTINGS', {
    kind: 'invalid',
    message: `naive Bayes: smoothing is ${smoothing}.`,
    hint: 'Give a number above 0; 1 is Laplace’s.',
  });
}
