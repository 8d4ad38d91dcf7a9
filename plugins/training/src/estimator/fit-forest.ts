import type { Design, Fit } from '@trestle/contracts';
import { forest, predict } from '@trestle/trees';
import type { ForestSettings } from './forests.ts';
import { treeEnsemble } from './tree-ensemble.ts';

/** Grows all trees; validation has its say once. */
export const fitForest: Fit<ForestSettings> = async (design, settings, options) => {
  const { task, targets, weights, outputs, seed, signal, validation, onRound } = options;
  const aim =
    task === 'regression'
      ? ({ objective: 'squaredError' } as const)
      : ({ objective: 'gini', classes: Math.max(2, outputs) } as const);
  const { forest: grown, outOfBag } = await forest(
    { ...design, targets, ...(weights ? { weights } : {}) },
    { ...settings, ...aim, seed },
    { signal, onTree: (tree, trees) => onRound(tree / trees, { tree }) },
  );
  const predictions = (of: Design): Float32Array => Float32Array.from(predict(grown, of));
  validation?.judge(predictions(validation.design));
  return {
    rounds: 1,
    predict: predictions,
    head: treeEnsemble(grown),
    ...(outOfBag ? { outOfBag: Float32Array.from(outOfBag) } : {}),
  };
};
