export { runCompare } from './operations/compare-runs.ts';
export { runList, runShow } from './operations/runs.ts';
export { trainOperation } from './operations/train.ts';
export { trainingPlugin, trainingPlugin as default } from './training-plugin.ts';
