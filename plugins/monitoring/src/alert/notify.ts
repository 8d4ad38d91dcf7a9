import type { alertFired, alertResolved } from '@trestle/contracts';
import type { Context, EventOf } from '@trestle/kernel';
import { deliverDue, queueDeliveries } from './deliveries.ts';

/** Notes who is to be told of an alert, and tells them; what fails is tried again by the schedule. */
export async function notify(
  ctx: Context,
  event: EventOf<typeof alertFired | typeof alertResolved>,
): Promise<void> {
  await queueDeliveries(ctx, event);
  await deliverDue(ctx);
}
