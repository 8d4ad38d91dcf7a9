import { trainingSpecSchema } from '@trestle/contracts';
import { invariant } from '@trestle/kernel';
import { describe, expect, it } from 'vitest';
import { linear } from '../estimator/linear.ts';
import { trees } from '../estimator/trees.ts';
import type { Judged } from './choose.ts';
import { trialsOf } from './trials.ts';

const logLoss = { name: 'logLoss', better: 'lower', tasks: ['binary'], measure: () => 0 } as const;
const spec = trainingSpecSchema.parse({ data: 'd', target: 't', trials: 400 });
const { propose } = trialsOf(linear, spec, logLoss);

/** How many powers of ten the penalties of many trials are from 1, on average. */
function distance(past: readonly Judged[]): number {
  const drawn = Array.from({ length: 40 }, (_, trial) => propose(trial, past).params?.penalty);
  return (
    drawn.reduce<number>((sum, penalty) => sum + Math.abs(Math.log10(Number(penalty))), 0) / drawn.length
  );
}

describe('trials', () => {
  it('are drawn where good ones of the same estimator were', () => {
    const candidate = invariant(linear[0], 'an estimator');
    const past = Array.from({ length: 40 }, (_, at): Judged => {
      const penalty = 10 ** (-2 + at / 8);
      const metrics = { logLoss: Math.abs(Math.log10(penalty)) };
      return { candidate, params: { penalty }, rounds: 1, seconds: 1, threshold: 0.5, metrics };
    });
    expect(distance(past)).toBeLessThan(0.5 * distance([]));
    const ofAnother = past.map((one) => ({ ...one, candidate: { ...candidate, estimator: 'trees' } }));
    expect(distance(ofAnother)).toBe(distance([]));
  });

  it('take estimators in turn, and there are none of those without ranges', () => {
    const both = trialsOf([...linear, ...trees], spec, logLoss);
    expect([0, 1, 2].map((trial) => both.propose(trial, []).candidate.estimator)).toEqual([
      ...['linear', 'trees', 'linear'],
    ]);
    const fixed = trees.map(({ search: _, ...one }) => one);
    expect(trialsOf(fixed, spec, logLoss).count).toBe(0);
    expect(trialsOf(trees, { ...spec, trials: 1 }, logLoss).count).toBe(0);
  });
});
