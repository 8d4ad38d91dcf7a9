import { z } from 'zod';

export const performanceThresholdsSchema = z.object({
  /** The newest labelled rows that are looked at. */
  windowRows: z.number().int().min(50).max(50_000).default(1_000),
  /** With fewer labelled rows than this no verdict is given. */
  minRows: z.number().int().min(20).default(200),
  /** How much worse than on the model's own test part it may become (metrics between 0 and 1). */
  maxDrop: z.number().positive().max(1).default(0.05),
  /** How many standard errors the drop must exceed, so that a small window raises no false alarm. */
  standardErrors: z.number().min(0).max(10).default(2.33),
});
export type PerformanceThresholds = z.infer<typeof performanceThresholdsSchema>;
