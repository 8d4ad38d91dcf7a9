import { estimator } from '@trestle/contracts';
import { numberIn } from './drawn-settings.ts';

/** A linear (logistic, softmax) model, fitted to its optimum under an L2 penalty on the sum of the losses. */
export const linear = estimator({
  name: 'linear',
  tasks: ['binary', 'multiclass', 'regression'],
  takesWeights: true,
  space: [{ penalty: 1 }, { penalty: 10 }, { penalty: 50 }],
  search: {
    space: { penalty: { type: 'float', low: 0.01, high: 1_000, scale: 'log' } },
    settings: (params) => ({ penalty: numberIn(params, 'penalty') }),
  },
  describe: ({ penalty }) => `(penalty ${penalty})`,
  load: async () => (await import('./fit-linear.ts')).fitLinearModel,
});
