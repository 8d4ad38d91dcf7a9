import type { Design, Fit } from '@trestle/contracts';
import { treeEnsemble } from '@trestle/formats';
import { boost, predict } from '@trestle/trees';
import type { TreesSettings } from './trees.ts';

const MAX_ROUNDS = 600;
/** Rounds without a better validation after which more trees are unlikely to help. */
const PATIENCE = 30;

const OBJECTIVES = { binary: 'logistic', multiclass: 'softmax', regression: 'squaredError' } as const;

/** Boosts trees until validation gets no better, or for the rounds that served it best. */
export const fitTrees: Fit<TreesSettings> = async (design, settings, options) => {
  const { task, targets, weights, outputs, seed, signal, validation, rounds = MAX_ROUNDS, onRound } = options;
  const boosted = await boost(
    { ...design, targets, ...(weights ? { weights } : {}) },
    { ...settings, objective: OBJECTIVES[task], classes: outputs, rounds, seed, patience: PATIENCE },
    {
      signal,
      ...(validation
        ? {
            validation: {
              ...validation.design,
              judge: (predictions: Float64Array) => validation.judge(Float32Array.from(predictions)),
            },
          }
        : {}),
      onRound: ({ round }) => onRound(round / rounds, { round }),
    },
  );
  const { forest, stopped } = boosted;
  const isShort = validation !== undefined && stopped === 'rounds';
  return {
    rounds: boosted.rounds,
    predict: (of: Design) => Float32Array.from(predict(forest, of)),
    head: treeEnsemble(forest),
    notes: isShort ? [`The trees were still getting better in round ${rounds}, the last one.`] : [],
  };
};
