import type { TrainingSpec } from '@trestle/contracts';
import { trainError } from '../train-error.ts';

/** A way to fit: dense layers with their regularisation. No hidden layers is a linear (logistic) model. */
export interface Recipe {
  readonly estimator: 'linear' | 'mlp';
  readonly hidden: readonly number[];
  readonly weightDecay: number;
  readonly dropout: number;
  readonly learningRate: number;
}

/** What is tried for each estimator; the validation part decides. */
const RECIPES: readonly Recipe[] = [
  { estimator: 'linear', hidden: [], weightDecay: 0.1, dropout: 0, learningRate: 0.01 },
  { estimator: 'linear', hidden: [], weightDecay: 0.5, dropout: 0, learningRate: 0.01 },
  { estimator: 'linear', hidden: [], weightDecay: 2, dropout: 0, learningRate: 0.01 },
  { estimator: 'mlp', hidden: [32], weightDecay: 0.5, dropout: 0.4, learningRate: 0.003 },
  { estimator: 'mlp', hidden: [32, 16], weightDecay: 1.5, dropout: 0.4, learningRate: 0.003 },
];

/** The recipes of the wanted estimator. @throws TRS_TRAIN_ESTIMATOR_UNAVAILABLE, TRS_TRAIN_TRIALS_UNAVAILABLE */
export function recipesFor(spec: TrainingSpec): readonly Recipe[] {
  if (spec.trials > 1) {
    throw trainError('TRIALS_UNAVAILABLE', {
      kind: 'invalid',
      message: `--trials ${spec.trials} is not available yet: there is no search over more settings.`,
      hint: 'Leave --trials out; each estimator tries its few usual settings on the validation part.',
    });
  }
  if (spec.estimator === 'auto') return RECIPES;
  const recipes = RECIPES.filter((recipe) => recipe.estimator === spec.estimator);
  if (recipes.length > 0) return recipes;
  throw trainError('ESTIMATOR_UNAVAILABLE', {
    kind: 'invalid',
    message: `The estimator "${spec.estimator}" is not available yet.`,
    hint: 'Use auto, linear or mlp; trees come with a later version.',
  });
}
