import type { EstimatorCandidate, Metric, PastTrial, SearchParams, TrainingSpec } from '@trestle/contracts';
import { invariant } from '@trestle/kernel';
import { seeded } from '@trestle/statistics';
import { scoreOf } from '../evaluation/metrics.ts';
import { tpe } from '../search/tpe.ts';
import type { Judged } from './choose.ts';

/** What is to be tried next: usual settings, or drawn ones. */
export interface Proposal {
  readonly candidate: EstimatorCandidate;
  readonly params?: SearchParams;
}

/**
 * Draws the settings of trials, of each estimator that can be searched in turn: the next ones where good ones of it were. What is
 * drawn hangs on the seed and on what was judged before, so that a run that is taken up again draws the same.
 *
 * @returns how many trials there are, and the one of a number from 0 on
 */
export function trialsOf(candidates: readonly EstimatorCandidate[], spec: TrainingSpec, metric: Metric) {
  const searchable = [
    ...new Map(candidates.flatMap((one) => (one.search ? [[one.estimator, one]] : []))).values(),
  ];
  const count = spec.trials > 1 && searchable.length > 0 ? spec.trials : 0;
  return {
    count,
    propose(trial: number, judged: readonly Judged[]): Proposal {
      const of = invariant(searchable[trial % searchable.length], 'an estimator to search');
      const { space, candidate } = invariant(of.search, 'its ranges');
      const past = judged
        .filter((one) => one.candidate.estimator === of.estimator)
        .flatMap(({ params, metrics }): PastTrial[] => {
          if (!params) return [];
          // A search looks for less.
          const value = -scoreOf(metric, metrics);
          return [{ params, state: 'complete', values: [], ...(Number.isFinite(value) ? { value } : {}) }];
        });
      const random = seeded(Math.imul(spec.seed + 1, 0x9e3779b1) + Math.imul(trial, 0x85ebca6b));
      const params = tpe.propose({ space, past, random });
      const made = candidate(params);
      return { candidate: { ...made, label: `${made.label}, trial ${trial + 1}` }, params };
    },
  };
}
