import { rolloutStrategyContract } from '@trestle/testing';
import { describe, expect, it } from 'vitest';
import { ab } from './ab.ts';
import { blueGreen } from './blue-green.ts';
import { canary } from './canary.ts';
import { immediate } from './immediate.ts';
import { shadow } from './shadow.ts';

rolloutStrategyContract(immediate, {
  options: {},
  wrong: { options: { traffic: 10 }, field: 'traffic' },
});
rolloutStrategyContract(canary, {
  options: { steps: ['5%', 25, '50', 100], minRequests: 50, timeLimit: '2h' },
  wrong: { options: { steps: [5, 1] }, field: 'steps' },
});
rolloutStrategyContract(canary, {
  options: { steps: 'auto' },
  wrong: { options: { alpha: 3 }, field: 'alpha' },
});
rolloutStrategyContract(shadow, {
  options: { traffic: 50, promote: true },
  wrong: { options: { traffic: 0 }, field: 'traffic' },
});
rolloutStrategyContract(blueGreen, {
  options: { timeLimit: '1m' },
  wrong: { options: { timeLimit: 'soon' }, field: 'timeLimit' },
});
rolloutStrategyContract(ab, {
  options: { traffic: 30 },
  wrong: { options: { traffic: 100 }, field: 'traffic' },
});

describe('blue-green', () => {
  const judge = (serving: number, warm: number, elapsedMs: number) =>
    blueGreen.plan({ timeLimit: '1m' }).judge({
      step: 0,
      evidence: [],
      elapsedMs,
      stepMs: elapsedMs,
      processes: { serving, warm },
      memory: undefined,
    }).decision;

  it('waits for every process that serves, and goes back when one never gets ready', () => {
    expect(judge(2, 1, 10_000)).toBe('hold');
    expect(judge(2, 2, 10_000)).toBe('promote');
    expect(judge(2, 1, 60_000)).toBe('rollback');
  });

  it('goes ahead where nobody has been asked yet', () => {
    expect(judge(0, 0, 1_000)).toBe('hold');
    expect(judge(0, 0, 5_000)).toBe('promote');
  });
});
