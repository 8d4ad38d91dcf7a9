import { type Alert, notifiers } from '@trestle/contracts';
import type { Context, Scope } from '@trestle/kernel';
import { isWorse } from '../incident/severity.ts';
import { monitoringConfig } from '../rules/monitoring-config.ts';

/** Who is told of alerts: a notifier of a plugin, or a configured webhook. */
export interface Channel {
  readonly name: string;
  readonly send: (ctx: Context, alert: Alert) => Promise<void>;
}

/** All channels: those of plugins by their names, and `webhook:NAME`. */
export const channelsOf = (
  scope: Pick<Context, 'config'> & Pick<Scope, 'extensions'>,
): readonly Channel[] => [
  ...scope
    .extensions(notifiers)
    .map(
      ({ name, load }): Channel => ({ name, send: async (ctx, alert) => await (await load())(ctx, alert) }),
    ),
  ...scope.config(monitoringConfig).webhooks.map(
    (webhook): Channel => ({
      name: `webhook:${webhook.name}`,
      async send(ctx, alert) {
        // What matters less than it is to be told of, or is of another deployment, is told to nobody here.
        if (isWorse(webhook.severity, alert.severity)) return;
        if (webhook.deployments && !webhook.deployments.includes(alert.deployment)) return;
        const { callWebhook } = await import('./call-webhook.ts');
        await callWebhook(webhook, alert, ctx.signal);
      },
    }),
  ),
];
