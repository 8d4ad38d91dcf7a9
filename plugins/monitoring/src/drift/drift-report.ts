import { z } from 'zod';

export const driftTestSchema = z.object({
  /** `psi`, `jensen-shannon`, `missing-rate`, or the name of a drift test. */
  test: z.string(),
  statistic: z.number(),
  /** The statistic from which on the effect counts as large; absent for tests that only give a p-value. */
  threshold: z.number().optional(),
  /** Adjusted for the number of tests in this check. */
  pValue: z.number().optional(),
});

export const featureDriftSchema = z.object({
  name: z.string(),
  /** `score` is what the model predicted. */
  kind: z.enum(['numeric', 'categorical', 'score']),
  /** The test that decided, its statistic and threshold. */
  test: z.string(),
  statistic: z.number(),
  threshold: z.number(),
  pValue: z.number(),
  drifted: z.boolean(),
  tests: z.array(driftTestSchema),
  /** The reference's counts are estimates, and with them what is said here: it is a dataset of several parts. */
  approximate: z.literal(true).optional(),
  missing: z.object({ reference: z.number(), current: z.number() }),
  /** Shares of the reference and of the current window per bin, for drawing. */
  bins: z.array(z.object({ label: z.string(), reference: z.number(), current: z.number() })),
});
export type FeatureDrift = z.infer<typeof featureDriftSchema>;

export const driftReportSchema = z.object({
  deployment: z.string(),
  model: z.object({ name: z.string(), version: z.number().int() }),
  /** `waiting`: the window has too few rows. `no-reference`: the model package brings no training statistics. */
  state: z.enum(['ok', 'drifted', 'waiting', 'no-reference']),
  drifted: z.boolean(),
  checkedAt: z.string(),
  window: z.object({
    rows: z.number().int(),
    minRows: z.number().int(),
    from: z.string().optional(),
    to: z.string().optional(),
  }),
  /** The dataset version that was compared with, where it was not the training part: `strikes@3`. */
  against: z.string().optional(),
  features: z.array(featureDriftSchema),
});
export type DriftReport = z.infer<typeof driftReportSchema>;
