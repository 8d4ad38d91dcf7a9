import type { Design, Fit } from '@trestle/contracts';
import { treeEnsemble } from '@trestle/formats';
import { forest, predict } from '@trestle/trees';
import type { ForestSettings } from './forests.ts';

/** Leaves of all trees, at most: so many are a model of some 60 MB, and deep trees have as many as rows. */
const MOST_LEAVES = 1_000_000;

/** Grows all trees; validation has its say once. */
export const fitForest: Fit<ForestSettings> = async (design, settings, options) => {
  const { task, targets, weights, outputs, seed, signal, validation, onRound } = options;
  const aim =
    task === 'regression'
      ? ({ objective: 'squaredError' } as const)
      : ({ objective: 'gini', classes: Math.max(2, outputs) } as const);
  const minRows = Math.max(settings.minRows, Math.ceil((design.rows * settings.trees) / MOST_LEAVES));
  const { forest: grown } = await forest(
    { ...design, targets, ...(weights ? { weights } : {}) },
    { ...settings, ...aim, minRows, seed },
    { signal, onTree: (tree, trees) => onRound(tree / trees, { tree }) },
  );
  const predictions = (of: Design): Float32Array => Float32Array.from(predict(grown, of));
  validation?.judge(predictions(validation.design));
  return {
    rounds: 1,
    predict: predictions,
    head: treeEnsemble(grown),
    notes:
      minRows > settings.minRows
        ? [
            `Leaves have ${minRows} rows at least, not ${settings.minRows}: so many rows would make a model that is too large.`,
          ]
        : [],
  };
};
