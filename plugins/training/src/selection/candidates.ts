import { type EstimatorCandidate, estimators, type TrainingSpec } from '@trestle/contracts';
import { didYouMean, type Scope } from '@trestle/kernel';
import { trainError } from '../train-error.ts';

/**
 * The wanted candidates in the order in which they are tried: of each estimator its first settings, then of each its second, and
 * so on, so that whenever time is over every kind has been looked at.
 *
 * @throws TRS_TRAIN_ESTIMATOR_UNAVAILABLE, TRS_TRAIN_TRIALS_UNAVAILABLE, TRS_TRAIN_WEIGHTS_UNAVAILABLE
 */
export function candidatesFor(scope: Scope, spec: TrainingSpec): readonly EstimatorCandidate[] {
  const wanted = named(scope, spec);
  if (spec.trials > 1 && !wanted.some(({ search }) => search))
    throw trainError('TRIALS_UNAVAILABLE', {
      kind: 'invalid',
      message: `--trials ${spec.trials}: the estimator "${spec.estimator}" names no ranges that could be searched.`,
      hint: 'Leave --trials out, or give it a "search" (docs/develop/add-an-estimator.md).',
    });
  return wanted;
}

function named(scope: Scope, spec: TrainingSpec): readonly EstimatorCandidate[] {
  const every = inTurn(scope.extensions(estimators));
  const all = spec.classWeight === 'none' ? every : every.filter(({ takesWeights }) => takesWeights);
  if (spec.estimator === 'auto') return all.filter(({ isInAuto }) => isInAuto);
  const unweighted = every.find((one) => !one.takesWeights && isCalled(one, spec.estimator));
  if (spec.classWeight !== 'none' && unweighted) {
    throw trainError('WEIGHTS_UNAVAILABLE', {
      kind: 'invalid',
      message: `--class-weight ${spec.classWeight}: the estimator "${unweighted.estimator}" takes no weights.`,
      hint: `Leave it out, or use ${[...new Set(all.map(({ estimator }) => estimator))].join(', ')}.`,
    });
  }
  const wanted = all.filter((one) => isCalled(one, spec.estimator));
  if (wanted.length > 0) return wanted;
  const names = [...new Set(all.map(({ estimator }) => estimator))];
  throw trainError('ESTIMATOR_UNAVAILABLE', {
    kind: 'invalid',
    message: `There is no estimator "${spec.estimator}".${didYouMean(spec.estimator, names)}`,
    hint: `Use auto, ${names.join(', ')}, or a plugin that brings it.`,
  });
}

const isCalled = ({ estimator, aliases }: EstimatorCandidate, name: string): boolean =>
  estimator === name || aliases.includes(name);

/** The first of each list, then the second of each. */
function inTurn<T>(lists: readonly (readonly T[])[]): readonly T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list[at] ?? [])).flat();
}
