export {
  type BoostContext,
  type Boosted,
  boost,
  type Examples,
  type Round,
  type Validation,
} from './boost.ts';
export { type Forest, SET_WORDS } from './forest.ts';
export { importance } from './importance.ts';
export type { ObjectiveName } from './objective.ts';
export type { BoostOptions } from './options.ts';
export { predict, predictRow, rawScores } from './predict.ts';
export { shapValues } from './shap.ts';
export { MAX_CATEGORIES, type TreeTable } from './table.ts';
export { TreesError } from './trees-error.ts';
