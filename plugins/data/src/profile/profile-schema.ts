import { columnTypeSchema } from '@trestle/contracts';
import { z } from 'zod';

export const columnProfileSchema = z.object({
  name: z.string(),
  type: columnTypeSchema,
  count: z.number(),
  nulls: z.number(),
  /** Approximate (HyperLogLog). */
  distinct: z.number(),
  min: z.union([z.number(), z.string()]).nullable(),
  max: z.union([z.number(), z.string()]).nullable(),
  mean: z.number().nullable(),
  std: z.number().nullable(),
  /** Of numbers, by share. */
  quantiles: z.record(z.string(), z.number()).nullable(),
  /** The most frequent values. */
  top: z.array(z.object({ value: z.string(), count: z.number() })),
  /** Of numbers: equal-width bins from min to max. */
  histogram: z.array(z.object({ from: z.number(), to: z.number(), count: z.number() })),
});
export const profileSchema = z.object({
  dataset: z.string(),
  version: z.number(),
  rows: z.number(),
  columns: z.array(columnProfileSchema),
});
export type Profile = z.infer<typeof profileSchema>;
