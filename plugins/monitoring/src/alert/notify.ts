import { type Alert, type alertFired, type alertResolved, notifiers } from '@trestle/contracts';
import type { Context, EventOf } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { incidentRow } from '../incident/incident-records.ts';
import type { MonitoringTables } from '../tables.ts';

/**
 * Tells every notifier of an alert whose incident is not silenced. One that fails is logged, and does not keep the others from being told.
 */
export async function notify(
  ctx: Context,
  { payload: alert, time }: EventOf<typeof alertFired | typeof alertResolved>,
): Promise<void> {
  if (await isSilenced(ctx, alert, time)) return;
  for (const notifier of ctx.extensions(notifiers)) {
    try {
      const send = await notifier.load();
      await send(ctx, alert);
    } catch (cause) {
      ctx.log.warn('a notifier failed', {
        notifier: notifier.name,
        alert: alert.alert,
        cause: String(cause),
      });
    }
  }
}

/** Whether an incident was not to be told of when this became of an alert of it: events may be told of long after they happened. */
async function isSilenced(
  ctx: Context,
  { incident }: Pick<Alert, 'incident'>,
  time: string,
): Promise<boolean> {
  if (incident === undefined) return false;
  const db = (await ctx.service(metadataToken)).query<MonitoringTables>();
  const until = (await incidentRow(db, incident))?.silenced_until ?? null;
  return until !== null && Date.parse(until) > Date.parse(time);
}
