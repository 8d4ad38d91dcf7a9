import type { Alert } from '@trestle/contracts';
import type { View } from '@trestle/kernel';

export function alertViews(alerts: readonly Alert[]): View[] {
  if (alerts.length === 0) return [{ kind: 'note', tone: 'good', text: 'No alerts.' }];
  return [
    {
      kind: 'table',
      columns: [
        { key: 'alert', label: 'alert' },
        { key: 'deployment', label: 'deployment' },
        { key: 'kind', label: 'kind' },
        { key: 'state', label: 'state' },
        { key: 'openedAt', label: 'since' },
        { key: 'summary', label: 'what' },
      ],
      rows: alerts.map((alert) => ({
        alert: alert.alert,
        deployment: alert.deployment,
        kind: alert.kind,
        state: alert.state,
        openedAt: alert.openedAt,
        summary: alert.resolution ?? alert.summary,
      })),
    },
  ];
}
