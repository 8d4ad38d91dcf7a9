import { alertSchema } from '@trestle/contracts';
import { z } from 'zod';
import { retrainResultSchema } from '../retrain/retrain-result.ts';

export const deploymentStatusSchema = z.object({
  deployment: z.string(),
  revision: z.number().int(),
  model: z.object({ name: z.string(), version: z.number().int() }),
  /** The worst of what is known. */
  health: z.enum(['ok', 'alert', 'waiting']),
  traffic: z.object({
    requests: z.number().int(),
    rows: z.number().int(),
    /** Of which a feature was missing that never was in training: a value was put in its place. */
    imputedRows: z.number().int(),
    labels: z.number().int(),
    /** Over the newest requests in the log. */
    latencyMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }).optional(),
    lastRequestAt: z.string().optional(),
    /** The newest requests in equal steps of time, oldest first. */
    recent: z.array(z.object({ from: z.string(), requests: z.number().int() })),
  }),
  drift: z
    .object({
      state: z.string(),
      checkedAt: z.string(),
      windowRows: z.number().int(),
      driftedFeatures: z.array(z.string()),
    })
    .optional(),
  performance: z
    .object({
      state: z.string(),
      labelledRows: z.number().int(),
      metrics: z.record(z.string(), z.number()),
    })
    .optional(),
  alerts: z.array(alertSchema),
  lastRetrain: retrainResultSchema.optional(),
  /** Records that belong here and cannot be read, a sentence each. */
  unreadable: z.array(z.string()).optional(),
});
export type DeploymentStatus = z.infer<typeof deploymentStatusSchema>;

export const statusReportSchema = z.object({
  deployments: z.array(deploymentStatusSchema),
  log: z.object({
    /** Entries that this process dropped because its buffer was full. */
    dropped: z.number().int(),
  }),
});
export type StatusReport = z.infer<typeof statusReportSchema>;
