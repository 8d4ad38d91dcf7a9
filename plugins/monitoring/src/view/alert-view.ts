import type { Alert } from '@trestle/contracts';
import type { View } from '@trestle/kernel';
import type { Undelivered } from '../alert/deliveries.ts';

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

/** Who could not be told yet, or at all. */
export function undeliveredViews(
  undelivered: readonly (Omit<Undelivered, 'nextAt' | 'givenUpAt'> & {
    readonly nextAt?: string | undefined;
    readonly givenUpAt?: string | undefined;
  })[],
): View[] {
  return undelivered.map(({ channel, alert, state, attempts, error, nextAt, givenUpAt }): View => {
    const what = `that ${alert} ${state === 'resolved' ? 'was resolved' : 'fired'}`;
    const tries = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}; ${error}`;
    return givenUpAt === undefined
      ? {
          kind: 'note',
          tone: 'info',
          text: `"${channel}" does not know yet ${what} (${tries}); next at ${nextAt}.`,
        }
      : { kind: 'note', tone: 'bad', text: `"${channel}" was never told ${what} (${tries}).` };
  });
}
