import { type Alert, notifiers } from '@trestle/contracts';
import type { Context, Scope } from '@trestle/kernel';
import { isWorse } from '../incident/severity.ts';
import { monitoringConfig } from '../rules/monitoring-config.ts';

/** Who is told of alerts: a notifier of a plugin, or a configured webhook. */
export interface Channel {
  readonly name: string;
  /** Whether it is to be told: what matters less than it is to be told of, or is of another deployment, is not. */
  readonly wants: (alert: Alert) => boolean;
  /** @param signal aborted when nobody waits for it any more */
  readonly send: (ctx: Context, alert: Alert, signal: AbortSignal) => Promise<void>;
}

/** All channels: those of plugins by their names, and `webhook:NAME`. */
export const channelsOf = (
  scope: Pick<Context, 'config'> & Pick<Scope, 'extensions'>,
): readonly Channel[] => [
  ...scope.extensions(notifiers).map(
    ({ name, load }): Channel => ({
      name,
      wants: () => true,
      send: async (ctx, alert) => await (await load())(ctx, alert),
    }),
  ),
  ...scope.config(monitoringConfig).webhooks.map(
    (webhook): Channel => ({
      name: `webhook:${webhook.name}`,
      wants: ({ severity, deployment }) =>
        !isWorse(webhook.severity, severity) && (webhook.deployments?.includes(deployment) ?? true),
      async send(_, alert, signal) {
        const { callWebhook } = await import('./call-webhook.ts');
        await callWebhook(webhook, alert, signal);
      },
    }),
  ),
];
