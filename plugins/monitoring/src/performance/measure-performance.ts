import { modelsToken } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { readLabelled } from '../log/read-labelled.ts';
import { modelFactsToken } from '../model-facts.ts';
import { monitoringConfig, rulesOf } from '../rules/monitoring-config.ts';
import { isElsewhere, type Watched } from '../watched.ts';
import { judgeMetric } from './judge-metric.ts';
import type { PerformanceReport } from './performance-report.ts';
import { windowMetrics } from './window-metrics.ts';

/** Compares the deployed model on its newest labelled rows with its own test metrics. */
export async function measurePerformance(scope: Scope, deployment: Watched): Promise<PerformanceReport> {
  const thresholds = rulesOf(scope.config(monitoringConfig), deployment.deployment).performance;
  const { name, version } = deployment.model;
  const facts = await (await scope.service(modelFactsToken)).of({ name, version });
  const metadata = await scope.service(metadataToken);
  const labelled = await readLabelled(metadata, deployment, thresholds.windowRows);
  const measured = windowMetrics(facts, labelled);
  const counts = { labelledRows: measured.rows, minRows: thresholds.minRows };
  if (!facts.task) return { state: 'unknown-task', ...counts, metrics: [] };
  // What is not registered here has no test metrics to compare with.
  const model = isElsewhere(deployment)
    ? undefined
    : await (await scope.service(modelsToken)).resolve(`${name}@${version}`);
  const metrics = measured.metrics.map((metric) =>
    judgeMetric(metric, model?.metrics[metric.metric] ?? undefined, thresholds),
  );
  if (measured.rows < thresholds.minRows) {
    return {
      state: 'waiting',
      ...counts,
      metrics: metrics.map((metric) => ({ ...metric, degraded: false })),
    };
  }
  return { state: metrics.some((metric) => metric.degraded) ? 'degraded' : 'ok', ...counts, metrics };
}
