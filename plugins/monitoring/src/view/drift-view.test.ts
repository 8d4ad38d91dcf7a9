import { describe, expect, it } from 'vitest';
import type { DriftReport } from '../drift/drift-report.ts';
import { driftViews } from './drift-view.ts';

const feature = (name: string, more: Partial<DriftReport['features'][number]>) => ({
  ...{
    name,
    kind: 'numeric' as const,
    test: 'psi',
    statistic: 0.5,
    threshold: 0.2,
    pValue: 0.5,
    drifted: false,
  },
  ...{ tests: [], missing: { reference: 0, current: 0 }, bins: [] },
  ...more,
});
const reportOf = (...features: DriftReport['features']): DriftReport => ({
  ...{
    deployment: 'd',
    model: { name: 'm', version: 1 },
    state: 'ok',
    drifted: false,
    checkedAt: '',
    features,
  },
  window: { rows: 300, minRows: 200 },
});
const textOf = (report: DriftReport): string => JSON.stringify(driftViews(report));

describe('drift, as a person sees it', () => {
  it('marks what is an estimate, and says what the mark means', () => {
    const shown = textOf(reportOf(feature('x', { approximate: true, drifted: true }), feature('y', {})));
    expect(shown).toContain('"note":"drifted ≈"');
    expect(shown).toContain('"statistic":"≈ 0.5"');
    expect(shown).toContain('"statistic":"0.5"');
    expect(shown).toContain('≈ is an estimate');
    expect(textOf(reportOf(feature('y', {})))).not.toContain('≈');
  });
});
