import type { View } from '@trestle/kernel';
import type { StatusReport } from '../status/status-report.ts';
import { alertViews } from './alert-view.ts';

export function statusViews(report: StatusReport): View[] {
  if (report.deployments.length === 0) {
    return [
      { kind: 'note', tone: 'info', text: 'Nothing is deployed yet. Deploy a model: trestle deploy MODEL.' },
    ];
  }
  const alerts = report.deployments.flatMap((deployment) => deployment.alerts);
  const dropped: View[] =
    report.log.dropped > 0
      ? [
          {
            kind: 'note',
            tone: 'warn',
            text: `${report.log.dropped} log entries were dropped: the store is slower than the traffic.`,
          },
        ]
      : [];
  return [
    {
      kind: 'table',
      columns: [
        { key: 'deployment', label: 'deployment' },
        { key: 'model', label: 'model' },
        { key: 'health', label: 'health' },
        { key: 'requests', label: 'requests', align: 'right' },
        { key: 'rows', label: 'rows', align: 'right' },
        { key: 'imputed', label: 'imputed', align: 'right' },
        { key: 'labels', label: 'labels', align: 'right' },
        { key: 'p99', label: 'p99 ms', align: 'right' },
        { key: 'drift', label: 'drift' },
        { key: 'performance', label: 'performance' },
      ],
      rows: report.deployments.map((each) => ({
        deployment: each.deployment,
        model: `${each.model.name}@${each.model.version}`,
        health: each.health,
        requests: each.traffic.requests,
        rows: each.traffic.rows,
        imputed: each.traffic.imputedRows,
        labels: each.traffic.labels,
        p99: each.traffic.latencyMs && Number(each.traffic.latencyMs.p99.toPrecision(3)),
        drift: each.drift?.state ?? 'not checked',
        performance: each.performance?.state ?? 'not checked',
      })),
    },
    ...(alerts.length > 0 ? alertViews(alerts) : []),
    ...report.deployments.flatMap(({ deployment, unreadable = [] }): View[] =>
      unreadable.map((text) => ({ kind: 'note', tone: 'bad', text: `${deployment}: ${text}` })),
    ),
    ...dropped,
  ];
}
