import { estimator } from '@trestle/contracts';
import { numberIn } from './drawn-settings.ts';

/** Dense layers with their regularisation. */
export interface MlpSettings {
  readonly hidden: readonly number[];
  readonly weightDecay: number;
  readonly dropout: number;
  readonly learningRate: number;
}

const space: readonly MlpSettings[] = [
  { hidden: [32], weightDecay: 0.5, dropout: 0.4, learningRate: 0.003 },
  { hidden: [32, 16], weightDecay: 1.5, dropout: 0.4, learningRate: 0.003 },
];

/** Dense layers with dropout and weight decay; the mean of several nets is kept. */
export const mlp = estimator({
  name: 'mlp',
  tasks: ['binary', 'multiclass', 'regression'],
  takesWeights: true,
  space,
  search: {
    space: {
      layers: { type: 'int', low: 1, high: 3, scale: 'linear' },
      width: { type: 'int', low: 16, high: 256, scale: 'log' },
      weightDecay: { type: 'float', low: 0.01, high: 3, scale: 'log' },
      dropout: { type: 'float', low: 0, high: 0.5, scale: 'linear' },
      learningRate: { type: 'float', low: 0.0005, high: 0.01, scale: 'log' },
    },
    settings: (params) => ({
      hidden: Array.from({ length: numberIn(params, 'layers') }, () => numberIn(params, 'width')),
      weightDecay: numberIn(params, 'weightDecay'),
      dropout: numberIn(params, 'dropout'),
      learningRate: numberIn(params, 'learningRate'),
    }),
  },
  describe: ({ hidden, weightDecay }) => `${hidden.join('-')} (decay ${weightDecay})`,
  load: async () => (await import('./fit-mlp.ts')).fitMlp,
});
