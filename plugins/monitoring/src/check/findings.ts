import type { BudgetReport } from '../budget/budget-report.ts';
import type { DriftReport } from '../drift/drift-report.ts';
import type { Finding, WeighedFeature } from '../incident/finding.ts';
import { severityOf } from '../incident/severity.ts';
import type { PerformanceReport } from '../performance/performance-report.ts';
import type { QualityCheck, QualityReport } from '../quality/quality-report.ts';

const MAX_NAMED = 5;

/** How much the model uses its features, the most used first; empty where it is not known. */
type Importances = readonly WeighedFeature[];

export function driftFinding(drift: DriftReport, importances: Importances): Finding {
  const features = drift.features.filter((feature) => feature.drifted);
  const named = features
    .slice(0, MAX_NAMED)
    .map(
      (feature) =>
        `${feature.name} (${feature.test} ${feature.approximate ? '≈ ' : ''}${feature.statistic.toFixed(2)} ≥ ${feature.threshold})`,
    );
  const more = features.length > MAX_NAMED ? ` and ${features.length - MAX_NAMED} more` : '';
  const about = weighed(
    features.map(({ name }) => name),
    importances,
  );
  return {
    kind: 'drift',
    verdict: drift.state === 'drifted' ? 'bad' : drift.state === 'ok' ? 'good' : 'open',
    summary:
      drift.state === 'drifted'
        ? `${features.length} of ${drift.features.length} features drifted over ${drift.window.rows} rows: ${named.join(', ')}${more}.`
        : `No feature drifts over the newest ${drift.window.rows} rows.`,
    features: about,
    severity: severityOf('drift', about),
    details: {
      window: drift.window,
      features: features.map(({ name, test, statistic, threshold, pValue }) => ({
        name,
        test,
        statistic,
        threshold,
        pValue,
      })),
    },
  };
}

/** With a budget, what pages is what it pays for; the comparison with the reference says what it is like now. */
export function budgetFinding(budget: BudgetReport, drift: DriftReport, importances: Importances): Finding {
  const alarm = budget.alarms.at(-1);
  const isOver = budget.state === 'ok' && drift.state === 'ok';
  const compared = driftFinding(drift, importances);
  const about = weighed(
    [...new Set([...(alarm?.features ?? []), ...compared.features.map(({ name }) => name)])],
    importances,
  );
  return {
    kind: 'drift',
    verdict: budget.state === 'alarm' ? 'bad' : isOver ? 'good' : 'open',
    summary:
      budget.state === 'alarm'
        ? `${alarm?.features.slice(0, MAX_NAMED).join(', ')} changed in the block of ${alarm?.time}: as much evidence comes by chance ${budget.falseAlarms} at most, of all ${budget.streams} streams together.`
        : `No change in ${budget.blocks} blocks, and no feature drifts over the newest ${drift.window.rows} rows.`,
    features: about,
    severity: severityOf('drift', about),
    details: { ...compared.details, budget },
  };
}

export function performanceFinding(performance: PerformanceReport): Finding {
  const worse = performance.metrics.filter((metric) => metric.degraded);
  const named = worse.map(
    (metric) => `${metric.metric} ${metric.current.toFixed(3)} against ${(metric.baseline ?? 0).toFixed(3)}`,
  );
  return {
    kind: 'performance',
    verdict: performance.state === 'degraded' ? 'bad' : performance.state === 'ok' ? 'good' : 'open',
    summary:
      performance.state === 'degraded'
        ? `Worse than at training time over ${performance.labelledRows} labelled rows: ${named.join(', ')}.`
        : `As good as at training time over ${performance.labelledRows} labelled rows.`,
    features: [],
    severity: severityOf('performance', []),
    details: { labelledRows: performance.labelledRows, metrics: worse },
  };
}

/** What is told of the feed and not of its values. */
const OF_THE_FEED: readonly string[] = ['stale', 'fewer-rows'];
/** A feed whose newest row is older was over before anybody looked: its history was taken in. */
const STALE_FOR_S = 7 * 86_400;

/** A finding of each feature, one of whole rows, and one of the feed. */
export function qualityFindings(report: QualityReport, importances: Importances): readonly Finding[] {
  const byFeature = new Map<string | undefined, QualityCheck[]>();
  for (const check of report.checks) {
    if (OF_THE_FEED.includes(check.check) || check.check === 'unknown-field') continue;
    byFeature.set(check.feature, [...(byFeature.get(check.feature) ?? []), check]);
  }
  return [
    ...[...byFeature].map(([feature, checks]) => valuesFinding(feature, checks, report, importances)),
    ...feedFindings(report.checks),
  ];
}

function valuesFinding(
  feature: string | undefined,
  checks: readonly QualityCheck[],
  { window }: QualityReport,
  importances: Importances,
): Finding {
  const bad = checks.filter(({ state }) => state === 'bad');
  const about = feature === undefined ? [] : weighed([feature], importances);
  const isGood = checks.every(({ state }) => state === 'ok');
  return {
    kind: 'quality',
    ...(feature === undefined ? {} : { feature }),
    verdict: bad.length > 0 ? 'bad' : isGood ? 'good' : 'open',
    summary:
      bad.length > 0
        ? bad.map(({ summary }) => summary).join(' ')
        : `${feature ?? 'The rows'}: as in the reference, over ${window.rows} rows.`,
    features: about,
    severity: severityOf('quality', about),
    details: { window, checks: bad },
  };
}

/** Whether rows come as they usually do. */
export function feedFindings(checks: readonly QualityCheck[]): readonly Finding[] {
  const feed = checks.filter(({ check }) => OF_THE_FEED.includes(check));
  if (feed.length === 0) return [];
  const bad = feed.filter(({ state }) => state === 'bad');
  const stale = feed.find(({ check }) => check === 'stale');
  const isHistory = (stale?.value ?? 0) > STALE_FOR_S;
  const isGood = stale?.state === 'ok' && bad.length === 0;
  return [
    {
      kind: 'stale',
      verdict: bad.length > 0 && !isHistory ? 'bad' : isGood ? 'good' : 'open',
      summary: (bad.length > 0 ? bad : feed).map(({ summary }) => summary).join(' '),
      features: [],
      severity: severityOf('stale', []),
      details: { checks: bad },
    },
  ];
}

/** Features with how much the model uses them, the most used first. */
const weighed = (names: readonly string[], importances: Importances): readonly WeighedFeature[] =>
  names
    .map((name) => importances.find((one) => one.name === name) ?? { name })
    .toSorted((a, b) => (b.importance ?? 0) - (a.importance ?? 0));
