export { evaluateOperation } from './operations/evaluate.ts';
export { trainOperation } from './operations/train.ts';
export { trainingPlugin, trainingPlugin as default } from './training-plugin.ts';
