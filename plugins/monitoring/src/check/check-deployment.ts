import type { Alert } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { listAlerts, openAlert, resolveAlert } from '../alert/alert-records.ts';
import type { BudgetReport } from '../budget/budget-report.ts';
import { lookAtBlocks } from '../budget/look-at-blocks.ts';
import type { DriftReport } from '../drift/drift-report.ts';
import { measureDrift } from '../drift/measure-drift.ts';
import { bufferedLogToken } from '../log/buffered-log-token.ts';
import { measurePerformance } from '../performance/measure-performance.ts';
import type { PerformanceReport } from '../performance/performance-report.ts';
import type { Watched } from '../watched.ts';
import { actOn } from './act-on-alerts.ts';
import { keepCheck, seenBy } from './check-records.ts';
import type { CheckReport } from './check-report.ts';

/**
 * Looks at a deployment once: measures drift and performance, keeps the result, opens and resolves alerts, and starts the
 * configured action. A verdict that is still waiting for rows neither opens nor resolves anything.
 */
export async function checkDeployment(ctx: Context, deployment: Watched): Promise<CheckReport> {
  const metadata = await ctx.service(metadataToken);
  await (await ctx.service(bufferedLogToken)).flush();
  const seen = await seenBy(metadata, deployment.deployment);
  const drift = await measureDrift(ctx, deployment);
  const performance = await measurePerformance(ctx, deployment);
  const { report: budget } = await lookAtBlocks(ctx, deployment);
  await keepCheck(metadata, { seen, drift, performance });
  const fired: Alert[] = [];
  const resolved: Alert[] = [];
  for (const finding of [
    budget.state === 'off' ? driftFinding(drift) : budgetFinding(budget, drift),
    performanceFinding(performance),
  ]) {
    if (finding.verdict === 'bad') {
      const { alert, isNew } = await openAlert(metadata, ctx, { deployment, ...finding });
      if (isNew) fired.push(alert);
    } else if (finding.verdict === 'good') {
      const which = { deployment: deployment.deployment, kind: finding.kind };
      const alert = await resolveAlert(metadata, ctx, which, finding.summary);
      if (alert) resolved.push(alert);
    }
  }
  const action = await actOn(ctx, deployment);
  const open = await listAlerts(metadata, { deployment: deployment.deployment, isOpen: true, limit: 10 });
  return { deployment: deployment.deployment, drift, performance, budget, fired, resolved, open, action };
}

interface Finding {
  readonly kind: Alert['kind'];
  readonly verdict: 'good' | 'bad' | 'open';
  readonly summary: string;
  readonly details: Readonly<Record<string, unknown>>;
}

const MAX_NAMED = 5;

function driftFinding(drift: DriftReport): Finding {
  const features = drift.features.filter((feature) => feature.drifted);
  const named = features
    .slice(0, MAX_NAMED)
    .map(
      (feature) =>
        `${feature.name} (${feature.test} ${feature.approximate ? '≈ ' : ''}${feature.statistic.toFixed(2)} ≥ ${feature.threshold})`,
    );
  const more = features.length > MAX_NAMED ? ` and ${features.length - MAX_NAMED} more` : '';
  return {
    kind: 'drift',
    verdict: drift.state === 'drifted' ? 'bad' : drift.state === 'ok' ? 'good' : 'open',
    summary:
      drift.state === 'drifted'
        ? `${features.length} of ${drift.features.length} features drifted over ${drift.window.rows} rows: ${named.join(', ')}${more}.`
        : `No feature drifts over the newest ${drift.window.rows} rows.`,
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
function budgetFinding(budget: BudgetReport, drift: DriftReport): Finding {
  const alarm = budget.alarms.at(-1);
  const isOver = budget.state === 'ok' && drift.state === 'ok';
  return {
    kind: 'drift',
    verdict: budget.state === 'alarm' ? 'bad' : isOver ? 'good' : 'open',
    summary:
      budget.state === 'alarm'
        ? `${alarm?.features.slice(0, MAX_NAMED).join(', ')} changed in the block of ${alarm?.time}: as much evidence comes by chance ${budget.falseAlarms} at most, of all ${budget.streams} streams together.`
        : `No change in ${budget.blocks} blocks, and no feature drifts over the newest ${drift.window.rows} rows.`,
    details: { ...driftFinding(drift).details, budget },
  };
}

function performanceFinding(performance: PerformanceReport): Finding {
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
    details: { labelledRows: performance.labelledRows, metrics: worse },
  };
}
