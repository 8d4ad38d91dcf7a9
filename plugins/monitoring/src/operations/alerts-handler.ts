import type { Alert } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { acknowledgeAlert, listAlerts } from '../alert/alert-records.ts';
import { listDeliveries } from '../alert/deliveries.ts';
import type { Delivery } from '../alert/delivery.ts';
import { monitorError } from '../monitor-error.ts';
import { watchedOf } from '../watched.ts';

export async function alerts(
  ctx: Context,
  input: {
    readonly deployment?: string | undefined;
    readonly state: 'open' | 'resolved' | 'all';
    readonly limit: number;
  },
): Promise<{ alerts: Alert[]; deliveries: Delivery[] }> {
  const metadata = await ctx.service(metadataToken);
  // Names an unknown deployment, or model that runs elsewhere.
  if (input.deployment !== undefined) await watchedOf(ctx, input.deployment);
  const isOpen = input.state === 'all' ? undefined : input.state === 'open';
  const found = await listAlerts(metadata, { deployment: input.deployment, isOpen, limit: input.limit });
  return {
    alerts: found,
    deliveries: await listDeliveries(
      metadata,
      found.map(({ alert }) => alert),
    ),
  };
}

/** @throws TRS_MONITOR_UNKNOWN_ALERT */
export async function acknowledge(ctx: Context, input: { readonly alert: string }): Promise<Alert> {
  const alert = await acknowledgeAlert(await ctx.service(metadataToken), ctx, input.alert);
  if (alert) return alert;
  throw monitorError('UNKNOWN_ALERT', {
    kind: 'not-found',
    message: `There is no alert "${input.alert}".`,
    hint: 'See "trestle monitor alerts".',
    details: { alert: input.alert },
  });
}
