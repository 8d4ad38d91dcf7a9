import { type alertFired, type alertResolved, notifiers } from '@trestle/contracts';
import type { Context, EventOf } from '@trestle/kernel';

/** Tells every notifier of an alert. One that fails is logged, and does not keep the others from being told. */
export async function notify(
  ctx: Context,
  { payload: alert }: EventOf<typeof alertFired | typeof alertResolved>,
): Promise<void> {
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
