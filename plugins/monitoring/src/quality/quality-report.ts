import { z } from 'zod';

export const qualityCheckSchema = z.object({
  /** `missing`, `unseen`, `out-of-range`, `wrong-type`, `constant`, `absent`, `unknown-field`, `duplicates`, `stale` or `fewer-rows`. */
  check: z.string(),
  /** Missing where the check is of the feed and not of one feature. */
  feature: z.string().optional(),
  /** `bad` is a broken feed; `waiting`: too few rows to say. */
  state: z.enum(['ok', 'bad', 'waiting']),
  /** What was measured, in `unit`; null where nothing could be. */
  value: z.number().nullable(),
  /** What the reference, or the feed's own history, leads to expect; null where nothing is known. */
  expected: z.number().nullable(),
  /** From here on it is bad; null where nothing can be. */
  limit: z.number().nullable(),
  unit: z.enum(['share', 'rows', 'seconds', 'values']),
  /** One sentence with the numbers. */
  summary: z.string(),
});
export type QualityCheck = z.infer<typeof qualityCheckSchema>;

/** A day of a feed, for a calendar. Days are UTC. */
export const qualityDaySchema = z.object({
  /** `2026-03-01` */
  day: z.string(),
  rows: z.number().int(),
  /** Values that broke a rule, by check; zeros are left out. */
  faults: z.record(z.string(), z.number().int()),
});

export const qualityReportSchema = z.object({
  deployment: z.string(),
  model: z.object({ name: z.string(), version: z.number().int() }),
  checkedAt: z.string(),
  window: z.object({
    rows: z.number().int(),
    from: z.string().optional(),
    to: z.string().optional(),
  }),
  state: z.enum(['ok', 'bad', 'waiting']),
  /** The bad ones first. */
  checks: z.array(qualityCheckSchema),
  /** The newest last. */
  days: z.array(qualityDaySchema),
});
export type QualityReport = z.infer<typeof qualityReportSchema>;
