import { type Context, extensionPoint } from '@trestle/kernel/spec';
import { z } from 'zod';

export const alertSchema = z.object({
  /** `a-…` */
  alert: z.string(),
  deployment: z.string(),
  /** What is wrong: the input's distribution, or how good the predictions are; `unknown` where the record cannot be read. */
  kind: z.enum(['drift', 'performance', 'unknown']),
  state: z.enum(['open', 'acknowledged', 'resolved']),
  model: z.object({ name: z.string(), version: z.number().int() }),
  /** One sentence with the numbers. */
  summary: z.string(),
  openedAt: z.string(),
  acknowledgedBy: z.string().optional(),
  resolvedAt: z.string().optional(),
  /** Why it was resolved. */
  resolution: z.string().optional(),
  /** The job of the automated action. */
  job: z.string().optional(),
});
export type Alert = z.infer<typeof alertSchema>;

/** Tells people or systems of an alert that fired or was resolved. */
export interface Notifier {
  readonly name: string;
  readonly load: () => Promise<(ctx: Context, alert: Alert) => Promise<void>>;
}

/** Where a plugin adds a way to be told (mail, chat, pager). */
export const notifiers = extensionPoint<Notifier>('monitoring.notifiers');
