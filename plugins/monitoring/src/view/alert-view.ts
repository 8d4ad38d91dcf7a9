import type { Alert } from '@trestle/contracts';
import type { View } from '@trestle/kernel';
import type { Delivery } from '../alert/delivery.ts';

/** @param deliveries who was told of them; left out where that is not asked for */
export function alertViews(alerts: readonly Alert[], deliveries?: readonly Delivery[]): View[] {
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
        ...(deliveries ? [{ key: 'told', label: 'told' }] : []),
        { key: 'summary', label: 'what' },
      ],
      rows: alerts.map((alert) => ({
        alert: alert.alert,
        deployment: alert.deployment,
        kind: alert.kind,
        state: alert.state,
        openedAt: alert.openedAt,
        ...(deliveries ? { told: toldOf(alert.alert, deliveries) } : {}),
        summary: alert.resolution ?? alert.summary,
      })),
    },
  ];
}

/** What each channel was told last, or is to be: `log, webhook:ops (waiting)`. */
function toldOf(alert: string, deliveries: readonly Delivery[]): string {
  const latest = new Map(
    deliveries.filter((one) => one.alert === alert).map((one) => [one.channel, one.state] as const),
  );
  return [...latest]
    .map(([channel, state]) => (state === 'told' ? channel : `${channel} (${state})`))
    .join(', ');
}

/** Who could not be told yet, or at all. */
export const troubleViews = (deliveries: readonly Delivery[]): View[] =>
  deliveries.flatMap(({ channel, alert, says, state, attempts, error, nextAt }): View[] => {
    if (attempts === 0 && state !== 'given-up') return [];
    const what = `that ${alert} ${says === 'resolved' ? 'was resolved' : 'fired'}`;
    const tries = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}; ${error}`;
    if (state === 'given-up')
      return [{ kind: 'note', tone: 'bad', text: `"${channel}" was never told ${what} (${tries}).` }];
    if (state !== 'waiting') return [];
    const text = `"${channel}" does not know yet ${what} (${tries}); next at ${nextAt}.`;
    return [{ kind: 'note', tone: 'info', text }];
  });
