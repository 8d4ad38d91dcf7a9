import { describe, expect, it } from 'vitest';
import { alertSchema, columnSchema, runSchema, trainingSpecSchema } from './index.ts';

describe('a training', () => {
  it('is told with two words; the rest has defaults that can be repeated', () => {
    expect(trainingSpecSchema.parse({ data: 'strikes@3', target: 'damage' })).toEqual({
      data: 'strikes@3',
      target: 'damage',
      estimator: 'auto',
      task: 'auto',
      exclude: [],
      test: 0.2,
      hold: 'test',
      seed: 42,
      trials: 1,
      threshold: 0.5,
      classWeight: 'none',
      refit: 'yes',
      missing: 'impute',
      leaks: 'warn',
      quality: 'good',
    });
  });

  it.each([
    [{ test: -0.1 }],
    [{ test: 1 }],
    [{ trials: 0 }],
    [{ seed: 1.5 }],
    [{ estimator: '' }],
    [{ task: 'clustering' }],
  ])('refuses %j', (wrong) => {
    expect(trainingSpecSchema.safeParse({ data: 'd', target: 't', ...wrong }).success).toBe(false);
  });

  it('leaves a run that older versions wrote readable: what came later has defaults', () => {
    const spec = trainingSpecSchema.parse({ data: 'd', target: 't' });
    const old = {
      run: 'r-1',
      status: 'succeeded',
      spec,
      metrics: {},
      candidates: [],
      startedAt: '2026-01-01T00:00:00Z',
    };
    expect(runSchema.parse(old)).toMatchObject({ notes: [], curves: {}, environment: {} });
  });
});

describe('what plugins tell each other', () => {
  it('goes over the wire as it is', () => {
    const alert = alertSchema.parse({
      alert: 'a-1',
      deployment: 'strikes',
      kind: 'drift',
      severity: 'warning',
      state: 'open',
      features: ['a'],
      model: { name: 'strikes', version: 1 },
      summary: 'x',
      openedAt: '2026-01-01T00:00:00Z',
    });
    expect(alertSchema.parse(JSON.parse(JSON.stringify(alert)))).toEqual(alert);
    expect(columnSchema.safeParse({ name: 'a', type: 'date', nulls: 0 }).success).toBe(false);
  });
});
