import { durationSchema, millisecondsOf, NAME_PATTERN } from '@trestle/contracts';
import { configSection } from '@trestle/kernel';
import { z } from 'zod';
import { driftThresholdsSchema } from './drift-thresholds.ts';
import { falseAlarmsSchema, monitorDeclarationSchema } from './monitor-declaration.ts';
import { performanceThresholdsSchema } from './performance-thresholds.ts';
import { retrainOptionsSchema } from './retrain-options.ts';
import { webhookSchema } from './webhook.ts';

const upTo = (longest: string) => (ms: number) => ms <= millisecondsOf(longest);

const rulesSchema = z.strictObject({
  /** How often all checks of the deployment together may alarm without a change: `1 per 30d`. What pages follows from it. */
  falseAlarms: falseAlarmsSchema.optional(),
  /** Blocks of rows that the budget's checks look at: of so long, and of so many rows at least. */
  block: z
    .strictObject({
      every: durationSchema.prefault('1h'),
      rows: z.number().int().min(20).max(1_000_000).default(50),
    })
    .prefault({}),
  /** Features whose values are looked at one by one, besides all rows together: at most 50 values of each. */
  segments: z.array(z.string().min(1)).max(8).default([]),
  drift: driftThresholdsSchema.strict().prefault({}),
  performance: performanceThresholdsSchema.strict().prefault({}),
  /** When requests that are not answered are an alert. */
  serving: z
    .strictObject({
      /** The newest requests that are looked at. */
      window: durationSchema.prefault('15m'),
      /** The share of them that may fail. */
      maxFailures: z.number().positive().max(1).default(0.05),
      /** Fewer are no alert, whatever their share. */
      minFailures: z.number().int().min(1).default(5),
    })
    .prefault({}),
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
    /** Models that run elsewhere, by the name under which their predictions are logged; their rules stand with the deployments'. */
    monitors: z.record(z.string().regex(NAME_PATTERN), monitorDeclarationSchema).default({}),
    /** Where alerts are posted to, besides what plugins bring. */
    webhooks: z
      .array(webhookSchema)
      .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'two have the same name')
      .default([]),
    /** How a channel that could not be told of an alert is tried again. */
    delivery: z
      .strictObject({
        /** A channel that does not end within this is taken for one that failed. */
        timeout: durationSchema.prefault('15s').refine(upTo('5m'), 'at most 5m'),
        /** The pause after the first failure; each is twice as long as the one before. */
        firstRetry: durationSchema.prefault('5s').refine(upTo('1h'), 'at most 1h'),
        /** The longest pause. */
        lastRetry: durationSchema.prefault('15m').refine(upTo('1d'), 'at most 1d'),
        /** What could not be told for so long is given up, which is recorded. */
        giveUpAfter: durationSchema.prefault('24h').refine(upTo('30d'), 'at most 30d'),
      })
      .refine(({ firstRetry, lastRetry }) => firstRetry <= lastRetry, {
        path: ['lastRetry'],
        message: 'it is shorter than firstRetry',
      })
      .prefault({}),
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
