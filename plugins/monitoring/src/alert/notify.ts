import type { alertFired, alertGrew, alertResolved } from '@trestle/contracts';
import type { Context, EventOf } from '@trestle/kernel';
import { queueDeliveries } from './deliveries.ts';

/** Notes who is to be told of an alert; the schedule tells them, so that one who is slow keeps the next event from nothing. */
export const notify = async (
  ctx: Context,
  event: EventOf<typeof alertFired | typeof alertGrew | typeof alertResolved>,
): Promise<void> => await queueDeliveries(ctx, event);
