export type { Activation } from './activation.ts';
export {
  type BoostContext,
  type Boosted,
  boost,
  type Round,
  type Validation,
} from './boost.ts';
export { type AllowedTargets, type Examples, finiteNumbers } from './examples.ts';
export { type Forest, type LeafVectors, setWords } from './forest.ts';
export type { ForestOptions } from './forest-options.ts';
export { importance } from './importance.ts';
export { averagePath, type IsolateOptions, isolate } from './isolate.ts';
export { type Gain, type NdcgOptions, ndcg } from './ndcg.ts';
export type { Objective } from './objective/objective.ts';
export type { ObjectiveName } from './objective/objectives.ts';
export type { BoostOptions } from './options.ts';
export {
  type PermutationImportance,
  type PermutationOptions,
  permutationImportance,
} from './permutation.ts';
export { predict, predictRow, rawScores } from './predict.ts';
export { type ForestContext, forest, type Grown } from './random-forest.ts';
export { readLightgbm } from './read/lightgbm.ts';
export type { SavedBy, SavedForest } from './read/saved-by.ts';
export { readXgboost } from './read/xgboost.ts';
export { shapValues } from './shap.ts';
export { MAX_CATEGORIES, type TreeTable } from './table.ts';
export { TreesError } from './trees-error.ts';
