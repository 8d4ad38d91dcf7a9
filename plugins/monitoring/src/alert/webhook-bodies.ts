import type { Alert } from '@trestle/contracts';
import type { Webhook } from '../rules/webhook.ts';

/** An alert in the words of a receiver. */
export function bodyOf({ format, secret }: Pick<Webhook, 'format' | 'secret'>, alert: Alert): unknown {
  switch (format) {
    case 'json':
      return {
        type: alert.state === 'resolved' ? 'alert.resolved' : 'alert.fired',
        timestamp: alert.resolvedAt ?? alert.openedAt,
        data: alert,
      };
    case 'slack':
      return { text: `*${titleOf(alert)}*\n${textOf(alert)}` };
    case 'teams':
      return teams(alert);
    case 'alertmanager':
      return [alertmanager(alert)];
    case 'pagerduty':
      return pagerDuty(alert, secret);
  }
}

const isOver = ({ state }: Alert): boolean => state === 'resolved';
const titleOf = (alert: Alert): string =>
  `${isOver(alert) ? 'Resolved' : alert.severity}: ${alert.kind} of ${alert.deployment}`;
const textOf = (alert: Alert): string =>
  isOver(alert) ? (alert.resolution ?? alert.summary) : alert.summary;
const modelOf = ({ model }: Alert): string => `${model.name}@${model.version}`;

/** An Adaptive Card, which the workflow of an incoming webhook posts. */
const teams = (alert: Alert) => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.4',
        body: [
          { type: 'TextBlock', text: titleOf(alert), weight: 'Bolder', wrap: true },
          { type: 'TextBlock', text: textOf(alert), wrap: true },
          {
            type: 'FactSet',
            facts: [
              { title: 'model', value: modelOf(alert) },
              { title: 'alert', value: alert.alert },
            ],
          },
        ],
      },
    },
  ],
});

/** One alert of `POST /api/v2/alerts`: equal labels are one alert there, and its end ends it. */
const alertmanager = (alert: Alert) => ({
  labels: {
    alertname: `trestle_${alert.kind}`,
    alert: alert.alert,
    deployment: alert.deployment,
    model: modelOf(alert),
    severity: alert.severity,
  },
  annotations: { summary: alert.summary, ...(isOver(alert) ? { resolution: textOf(alert) } : {}) },
  startsAt: alert.openedAt,
  ...(isOver(alert) ? { endsAt: alert.resolvedAt } : {}),
});

/** Events API v2: the alert's id is what its end is known by. */
const pagerDuty = (alert: Alert, secret: string | undefined) => ({
  routing_key: secret ?? '',
  event_action: isOver(alert) ? 'resolve' : 'trigger',
  dedup_key: alert.alert,
  payload: {
    summary: `${titleOf(alert)}: ${textOf(alert)}`.slice(0, 1_024),
    source: alert.deployment,
    severity: alert.severity,
    timestamp: alert.resolvedAt ?? alert.openedAt,
    component: modelOf(alert),
    class: alert.kind,
  },
});
