import { deploymentsToken } from '@trestle/contracts';
import type { Metric, Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import type { MonitoringTables } from './tables.ts';

type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

const trafficCounter = (
  name: string,
  help: string,
  column: 'requests' | 'row_count' | 'labels' | 'label_changes' | 'imputed_rows',
): Metric => ({
  name,
  help,
  type: 'counter',
  of: 'project',
  collect: async (scope) =>
    (
      await (
        await scope.service(metadataToken)
      )
        .query<MonitoringTables>()
        .selectFrom('monitoring_traffic')
        .selectAll()
        .execute()
    ).map((row) => ({
      labels: { deployment: row.deployment, model: row.model, version: String(row.version) },
      value: row[column],
    })),
});

/** The statistics of each deployment's latest check. */
async function driftStatistics(scope: Scope): Promise<Sample[]> {
  const { latestCheck } = await import('./check/check-records.ts');
  const metadata = await scope.service(metadataToken);
  const samples: Sample[] = [];
  for (const { deployment } of await (await scope.service(deploymentsToken)).list()) {
    const check = await latestCheck(metadata, deployment);
    for (const feature of check?.found?.drift.features ?? []) {
      for (const { test, statistic } of feature.tests) {
        samples.push({ labels: { deployment, feature: feature.name, test }, value: statistic });
      }
    }
  }
  return samples;
}

async function openAlerts(scope: Scope): Promise<Sample[]> {
  const rows = await (await scope.service(metadataToken))
    .query<MonitoringTables>()
    .selectFrom('monitoring_alerts')
    .select((eb) => ['deployment', 'kind', eb.fn.countAll<number>().as('open')])
    .where('open_key', 'is not', null)
    .groupBy(['deployment', 'kind'])
    .execute();
  return rows.map((row) => ({
    labels: { deployment: row.deployment, kind: row.kind },
    value: Number(row.open),
  }));
}

export const monitoringMetrics: readonly Metric[] = [
  trafficCounter('trestle_predictions_requests_total', 'Answered prediction requests.', 'requests'),
  trafficCounter('trestle_predictions_rows_total', 'Predicted rows.', 'row_count'),
  trafficCounter(
    'trestle_predictions_imputed_rows_total',
    'Predicted rows of which a feature was missing that never was in training.',
    'imputed_rows',
  ),
  trafficCounter('trestle_feedback_labels_total', 'Labels that arrived for predicted rows.', 'labels'),
  trafficCounter(
    'trestle_feedback_label_changes_total',
    'Labels that replaced a different one.',
    'label_changes',
  ),
  {
    name: 'trestle_drift_statistic',
    help: 'Drift of each feature in the latest check, by test.',
    type: 'gauge',
    of: 'project',
    collect: driftStatistics,
  },
  {
    name: 'trestle_alerts_open',
    help: 'Alerts that are not resolved.',
    type: 'gauge',
    of: 'project',
    collect: openAlerts,
  },
  {
    name: 'trestle_prediction_log_dropped_total',
    help: 'Log entries that this process dropped because its buffer was full.',
    type: 'counter',
    collect: async (scope) => {
      const { bufferedLogToken } = await import('./log/buffered-log-token.ts');
      return [{ labels: {}, value: (await scope.service(bufferedLogToken)).dropped() }];
    },
  },
];
