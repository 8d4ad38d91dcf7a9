import { z } from 'zod';

export const metricComparisonSchema = z.object({
  metric: z.string(),
  /** On the labelled rows of the window. */
  current: z.number(),
  /** On the held-out part of the training data; absent when the model does not tell. */
  baseline: z.number().optional(),
  standardError: z.number().optional(),
  degraded: z.boolean(),
});
export type MetricComparison = z.infer<typeof metricComparisonSchema>;

export const performanceReportSchema = z.object({
  /** `waiting`: too few labels for a verdict (the numbers so far are given all the same). */
  state: z.enum(['ok', 'degraded', 'waiting', 'unknown-task']),
  labelledRows: z.number().int(),
  minRows: z.number().int(),
  metrics: z.array(metricComparisonSchema),
});
export type PerformanceReport = z.infer<typeof performanceReportSchema>;
