import { z } from 'zod';

export const driftThresholdsSchema = z.object({
  /** Rows of the current window: the newest that the deployed model answered. */
  windowRows: z.number().int().min(50).max(20_000).default(500),
  /** With fewer rows than this no verdict is given. */
  minRows: z.number().int().min(20).default(200),
  /** The population stability index that counts as a large change. */
  psi: z.number().positive().default(0.2),
  /** The Jensen–Shannon distance that counts as a large change. */
  jensenShannon: z.number().positive().max(1).default(0.1),
  /** The change of the share of missing values that counts as large. */
  missingRate: z.number().positive().max(1).default(0.05),
  /**
   * The rate of false alarms among alarms, held by the Benjamini–Hochberg correction. Small, because a deployment with
   * traffic is checked every minute.
   */
  alpha: z.number().positive().max(0.2).default(0.001),
  /** A dataset version to compare with (`strikes@3`; a name alone is the newest) instead of the training part. */
  against: z.string().min(1).optional(),
  /** Features that are not watched. */
  ignore: z.array(z.string()).default([]),
});
export type DriftThresholds = z.infer<typeof driftThresholdsSchema>;
