import type { TrainingSpec } from '@trestle/contracts';
import { trainError } from '../train-error.ts';

/** A linear (logistic, softmax) model, fitted to its optimum under an L2 penalty on the sum of the losses. */
export interface LinearRecipe {
  readonly estimator: 'linear';
  readonly penalty: number;
}

/** Dense layers with their regularisation. */
export interface DenseRecipe {
  readonly estimator: 'mlp';
  readonly hidden: readonly number[];
  readonly weightDecay: number;
  readonly dropout: number;
  readonly learningRate: number;
}

export type Recipe = LinearRecipe | DenseRecipe;

/** What is tried for each estimator; the validation part decides. */
const RECIPES: readonly Recipe[] = [
  { estimator: 'linear', penalty: 1 },
  { estimator: 'linear', penalty: 10 },
  { estimator: 'linear', penalty: 50 },
  { estimator: 'mlp', hidden: [32], weightDecay: 0.5, dropout: 0.4, learningRate: 0.003 },
  { estimator: 'mlp', hidden: [32, 16], weightDecay: 1.5, dropout: 0.4, learningRate: 0.003 },
];

/** The recipe in words: what tells it from the others of its kind. */
export const describeRecipe = (recipe: Recipe): string =>
  recipe.estimator === 'linear'
    ? `linear (penalty ${recipe.penalty})`
    : `mlp ${recipe.hidden.join('-')} (decay ${recipe.weightDecay})`;

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
