import { describe, expect, it } from 'vitest';
import type { LoggedRow } from '../log/read-window.ts';
import type { ModelFacts } from '../model-facts.ts';
import { estimatedOf } from './estimated.ts';

describe('an estimate without labels', () => {
  const facts: ModelFacts = { task: 'binary', classes: ['no', 'yes'], reference: undefined };
  const rows = (count: number, withScores: number): LoggedRow[] =>
    Array.from({ length: count }, (_, k) => ({
      ...{
        prediction: `p${k}`,
        row: 0,
        time: `2026-03-01T${String(k % 24).padStart(2, '0')}:00:00Z`,
        input: {},
      },
      output: {
        label: k % 2 === 0 ? 'yes' : 'no',
        ...(k < withScores ? { probabilities: { no: k % 2, yes: 1 - (k % 2) } } : {}),
      },
    }));
  const estimate = (of: LoggedRow[]) => estimatedOf(facts, [], of, 100, (metrics) => [...metrics]);

  it('is of the newest rows, however many there are', () => {
    expect(estimate(rows(10_000, 10_000))).toMatchObject({ state: 'ok', rows: 2_000 });
  });

  it('is refused where most of them hold no probabilities', () => {
    expect(estimate(rows(1_000, 400))).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('no probabilities'),
    });
  });
});
