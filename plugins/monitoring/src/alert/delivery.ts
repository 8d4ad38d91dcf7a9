import { z } from 'zod';

/** What became of telling a channel of an alert. */
export const deliverySchema = z.object({
  alert: z.string(),
  /** A notifier's name, or `webhook:NAME`. */
  channel: z.string(),
  /** What it is told: that the alert fired, or is over. */
  says: z.enum(['fired', 'resolved']),
  /** `moot`: it was silenced or acknowledged before it could be told. */
  state: z.enum(['waiting', 'told', 'moot', 'given-up']),
  since: z.string(),
  attempts: z.number().int(),
  /** Why the last attempt failed, or why there is nothing to tell any more. */
  error: z.string().exactOptional(),
  /** When it is tried again. */
  nextAt: z.string().exactOptional(),
  endedAt: z.string().exactOptional(),
});
export type Delivery = z.infer<typeof deliverySchema>;
