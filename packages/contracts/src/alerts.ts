import { type Context, extensionPoint } from '@trestle/kernel/spec';
import { z } from 'zod';

/** How much it matters, the least first. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export const severitySchema = z.enum(SEVERITIES);
export type Severity = z.infer<typeof severitySchema>;

/**
 * What our own checks raise: the inputs' distribution, how good the predictions are, a feature of a feed that is broken, no rows where
 * there used to be some, requests that were not answered.
 */
export const ALERT_KINDS = ['drift', 'performance', 'quality', 'stale', 'serving'] as const;

export const alertSchema = z.object({
  /** `a-…` */
  alert: z.string(),
  deployment: z.string(),
  /** One of `ALERT_KINDS`, or of another version; `unknown` where the record cannot be read. */
  kind: z.string(),
  severity: severitySchema,
  state: z.enum(['open', 'acknowledged', 'resolved']),
  model: z.object({ name: z.string(), version: z.number().int() }),
  /** What it is about, the most important first; none where it is about the whole deployment. */
  features: z.array(z.string()),
  /** The incident that it belongs to; missing on what was raised before there were any. */
  incident: z.string().optional(),
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
