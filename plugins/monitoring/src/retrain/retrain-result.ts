import { metricsSchema } from '@trestle/contracts';
import { z } from 'zod';

export const modelRefSchema = z.object({ name: z.string(), version: z.number().int() });

export const retrainResultSchema = z.object({
  /** Its own run; the same for every attempt at the same alert. */
  retrain: z.string(),
  deployment: z.string(),
  alert: z.string().optional(),
  /** Labelled rows of live traffic that were used. */
  labelledRows: z.number().int(),
  /** The dataset version that holds them. */
  dataset: z.string(),
  run: z.string(),
  champion: modelRefSchema,
  challenger: modelRefSchema,
  /** The rows on which both were compared; neither has seen them. */
  rows: z.number().int(),
  metric: z.string(),
  margin: z.number(),
  metrics: z.object({ champion: metricsSchema, challenger: metricsSchema }),
  promoted: z.boolean(),
  reason: z.string(),
});
export type RetrainResult = z.infer<typeof retrainResultSchema>;

/** The rows of a retraining, once they are collected. */
export const collectedSchema = z.object({
  champion: modelRefSchema,
  labelledRows: z.number().int(),
  /** The version to train on, and the share that training holds out. */
  dataset: z.string(),
  trainingTest: z.number(),
  /** The version whose held-out part both models are compared on, and how large that part is. */
  comparison: z.object({ dataset: z.string(), test: z.number() }),
});
export type Collected = z.infer<typeof collectedSchema>;
