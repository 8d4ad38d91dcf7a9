import { z } from 'zod';

export const jobStateSchema = z.enum([
  'queued',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'interrupted',
]);

export const jobSchema = z.object({
  id: z.string(),
  operation: z.string(),
  /** Secrets in it are hidden. */
  input: z.unknown(),
  principal: z.string(),
  state: jobStateSchema,
  attempts: z.number().int(),
  progress: z
    .object({
      step: z.string(),
      fraction: z.number().optional(),
      values: z.record(z.string(), z.number()).optional(),
    })
    .optional(),
  output: z.unknown().optional(),
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      hint: z.string(),
      details: z.record(z.string(), z.unknown()),
    })
    .optional(),
  cancelRequested: z.boolean(),
  createdAt: z.string(),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  /** Why its record cannot be read; what stands here is all that can. */
  unreadable: z.string().optional(),
});
export type ShownJob = z.infer<typeof jobSchema>;
