import { z } from 'zod';
import { alertSchema, severitySchema } from './alerts.ts';

/** Alerts of one cause, for a person to look after. */
export const incidentSchema = z.object({
  /** `i-…` */
  incident: z.string(),
  deployment: z.string(),
  model: z.object({ name: z.string(), version: z.number().int() }),
  state: z.enum(['open', 'acknowledged', 'resolved']),
  /** The worst of its alerts. */
  severity: severitySchema,
  /** One sentence: what the first alert said. */
  title: z.string(),
  /**
   * What it is about, the most important first. `importance` is the feature's share of what the model uses, from 0 to 1; missing where
   * that is not known.
   */
  features: z.array(z.object({ name: z.string(), importance: z.number().optional() })),
  /** The kinds of its alerts, in the order in which they joined. */
  kinds: z.array(z.string()),
  openedAt: z.string(),
  /** Of the newest entry of its history. */
  changedAt: z.string(),
  acknowledgedBy: z.string().optional(),
  acknowledgedAt: z.string().optional(),
  /** Until then nobody is told of it. */
  silencedUntil: z.string().optional(),
  resolvedAt: z.string().optional(),
  /** Why it was resolved. */
  resolution: z.string().optional(),
  /** The oldest first. */
  alerts: z.array(alertSchema),
});
export type Incident = z.infer<typeof incidentSchema>;

export const incidentEntrySchema = z.object({
  time: z.string(),
  /** Who: a principal, `system` for what happened by itself. */
  actor: z.string(),
  /** `opened`, `joined`, `grew`, `alert-resolved`, `acknowledged`, `silenced`, `resolved`, `reopened`. */
  what: z.string(),
  /** One sentence. */
  text: z.string(),
});
export type IncidentEntry = z.infer<typeof incidentEntrySchema>;

export const incidentDetailsSchema = incidentSchema.extend({
  /** What happened to it, the oldest first. */
  history: z.array(incidentEntrySchema),
});
export type IncidentDetails = z.infer<typeof incidentDetailsSchema>;
