import { durationSchema } from '@trestle/contracts';
import { configSection } from '@trestle/kernel';
import { z } from 'zod';
import { driftThresholdsSchema } from './drift-thresholds.ts';
import { performanceThresholdsSchema } from './performance-thresholds.ts';
import { retrainOptionsSchema } from './retrain-options.ts';

const rulesSchema = z.strictObject({
  drift: driftThresholdsSchema.strict().prefault({}),
  performance: performanceThresholdsSchema.strict().prefault({}),
  retrain: retrainOptionsSchema.strict().prefault({}),
  /** What follows an alert. */
  action: z.enum(['none', 'retrain']).default('none'),
});
export type MonitoringRules = z.infer<typeof rulesSchema>;

export const monitoringConfig = configSection(
  'monitoring',
  z.strictObject({
    /** How often deployments with new traffic or labels are checked. */
    checkEvery: durationSchema.default(60_000),
    /** Rules by deployment. */
    deployments: z.record(z.string(), rulesSchema).default({}),
    /** Rules of deployments without their own. */
    defaults: rulesSchema.prefault({}),
    log: z
      .strictObject({
        /** Rows that wait in memory at most; beyond, the oldest entries are dropped and counted. */
        bufferRows: z.number().int().min(1).default(50_000),
        /** How long an entry waits for others to be written with it. */
        flushEvery: durationSchema.default(200),
        /** How long predictions are kept. */
        keep: durationSchema.prefault('30d'),
        /** Requests kept at most, over all deployments. */
        maxRequests: z.number().int().min(1).default(1_000_000),
      })
      .prefault({}),
  }),
);
export type MonitoringConfig = z.infer<(typeof monitoringConfig)['schema']>;

export const rulesOf = (config: MonitoringConfig, deployment: string): MonitoringRules =>
  config.deployments[deployment] ?? config.defaults;
