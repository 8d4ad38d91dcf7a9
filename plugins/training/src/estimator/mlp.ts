import { estimator } from '@trestle/contracts';

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
  describe: ({ hidden, weightDecay }) => `${hidden.join('-')} (decay ${weightDecay})`,
  load: async () => (await import('./fit-mlp.ts')).fitMlp,
});
