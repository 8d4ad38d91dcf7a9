import { NAME_PATTERN } from '@trestle/contracts';
import { z } from 'zod';

export const MAX_LABELS = 10_000;

export const labelSchema = z.union([z.string().max(1_000), z.number(), z.boolean()]);

/** What really happened, for one row of a prediction. */
export const labelEntrySchema = z.strictObject({
  /** The `id` of the prediction's answer. */
  id: z.string().min(1).max(200),
  /** The row within the request, from 0. */
  row: z.number().int().min(0).default(0),
  label: labelSchema,
});
export type LabelEntry = z.infer<typeof labelEntrySchema>;

export const feedbackBodySchema = z.strictObject({
  labels: z.array(labelEntrySchema).min(1).max(MAX_LABELS),
});

export const feedbackResultSchema = z.object({
  deployment: z.string(),
  received: z.number().int(),
  /** Labels that belong to a logged row now (new, changed or the same as before). */
  matched: z.number().int(),
  /** Labels that replaced a different one: the last one wins. */
  changed: z.number().int(),
  /** Of what runs elsewhere: labels that came before their prediction, and wait for it. */
  early: z.number().int().optional(),
  unmatched: z.array(
    z.object({ id: z.string(), row: z.number().int(), reason: z.enum(['unknown-id', 'no-such-row']) }),
  ),
});
export type FeedbackResult = z.infer<typeof feedbackResultSchema>;

export const deploymentNameSchema = z
  .string()
  .regex(NAME_PATTERN, 'a deployment name holds letters, digits, dots, dashes and underscores');
