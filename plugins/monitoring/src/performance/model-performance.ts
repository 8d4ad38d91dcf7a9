import { z } from 'zod';

const intervalSchema = z.object({ low: z.number(), high: z.number() });

/** A metric with what chance leaves open, of one window or segment. */
export const measuredMetricSchema = z.object({
  metric: z.string(),
  better: z.enum(['higher', 'lower']),
  /** Null where it is not defined on these rows: a ranking of one class. */
  value: z.number().nullable(),
  /** At `confidence`; missing where no interval can be given. */
  interval: intervalSchema.optional(),
  /** On the held-out part of the training data; missing where that is not known. */
  baseline: z.number().optional(),
});
export type MeasuredMetric = z.infer<typeof measuredMetricSchema>;

const windowSchema = z.object({
  from: z.string(),
  to: z.string(),
  rows: z.number().int(),
  metrics: z.array(measuredMetricSchema),
});

export const realisedSchema = z.object({
  /** `waiting`: too few labels for a verdict (the numbers so far are given all the same). */
  state: z.enum(['ok', 'degraded', 'waiting', 'unknown-task']),
  /** Rows whose label came, of the rows that were predicted in the same time. */
  labelledRows: z.number().int(),
  predictedRows: z.number().int(),
  /** What keeps the labels from standing for all rows, a sentence each. */
  cautions: z.array(z.string()),
  metrics: z.array(measuredMetricSchema),
  /** Equal numbers of labelled rows, the newest last. */
  windows: z.array(windowSchema),
  segments: z.array(
    z.object({
      segment: z.string(),
      rows: z.number().int(),
      metrics: z.array(measuredMetricSchema),
    }),
  ),
  /** Differences between the segments of each declared group: largest minus least. */
  fairness: z.array(
    z.object({ feature: z.string(), metric: z.string(), gap: z.number(), interval: intervalSchema }),
  ),
  /** How far probabilities are from what came, over bins of equal numbers of rows. */
  calibration: z
    .object({
      /** The mean distance, weighted by rows: expected calibration error. */
      error: z.number(),
      bins: z.array(z.object({ predicted: z.number(), observed: z.number(), rows: z.number().int() })),
    })
    .optional(),
});

export const estimatedSchema = z.object({
  /** `waiting`: too few rows. `unavailable`: see `reason`. `distrusted`: labels that came contradict it. */
  state: z.enum(['ok', 'waiting', 'unavailable', 'distrusted']),
  reason: z.string().optional(),
  /** `cbpe` (classes, from calibrated probabilities) or `dle` (numbers, from learnt errors). */
  method: z.enum(['cbpe', 'dle']).optional(),
  /** Unlabelled and labelled rows of the window that it is an estimate for. */
  rows: z.number().int(),
  /** Labelled rows that the calibration, or the model of errors, was learnt from. */
  learntFrom: z.number().int(),
  metrics: z.array(measuredMetricSchema),
  windows: z.array(windowSchema),
  /** Estimate against labels on those of the window's rows that have one. */
  guard: z
    .object({
      metric: z.string(),
      rows: z.number().int(),
      estimated: z.number(),
      realised: z.number(),
      /** The probability of such a difference, or a larger one, if the estimate is right. */
      pValue: z.number(),
    })
    .optional(),
});

export const modelPerformanceSchema = z.object({
  deployment: z.string(),
  model: z.object({ name: z.string(), version: z.number().int() }),
  checkedAt: z.string(),
  task: z.string().optional(),
  /** Of all intervals. */
  confidence: z.number(),
  realised: realisedSchema,
  estimated: estimatedSchema,
});
export type ModelPerformance = z.infer<typeof modelPerformanceSchema>;
export type Realised = ModelPerformance['realised'];
export type Estimated = ModelPerformance['estimated'];
