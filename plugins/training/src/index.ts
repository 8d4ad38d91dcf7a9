export { type NaiveBayesSettings, naiveBayes } from './estimator/naive-bayes.ts';
export { type NearestSettings, nearest } from './estimator/nearest.ts';
export { evaluateOperation } from './operations/evaluate.ts';
export { modelOptimize } from './operations/optimize.ts';
export { runReproduce } from './operations/reproduce.ts';
export { sweepResume, sweepShow, sweepStart, sweepStop } from './operations/sweep.ts';
export { trainOperation } from './operations/train.ts';
export { defineSweep, defineTrainer, type TrialResult, type TrialRun } from './search/sweep-config.ts';
export { trainingPlugin, trainingPlugin as default } from './training-plugin.ts';
