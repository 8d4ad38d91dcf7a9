export type { DenseLayer } from './build-graph.ts';
export { buildModel, type TabularModel } from './build-model.ts';
export type { Row } from './check-rows.ts';
export { runsOf, wordsOf } from './encode-feature.ts';
export * from './feature-step.ts';
export * from './metadata.ts';
export { type Model, openModel, type Prediction, type Verification } from './model.ts';
export { ModelError } from './model-error.ts';
export * from './preprocessing.ts';
