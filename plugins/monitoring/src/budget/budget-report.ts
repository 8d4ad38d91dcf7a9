import { z } from 'zod';

/** What the sequential checks of a deployment say, all held to one budget of false alarms. */
export const budgetReportSchema = z.object({
  deployment: z.string(),
  model: z.object({ name: z.string(), version: z.number().int() }),
  /** As configured: `1 per 30d`; missing where none is, and nothing here is said then. */
  falseAlarms: z.string().optional(),
  /** `learning`: the feed's own variation is not known yet, and nothing is paged for. `alarm`: until it is known again after a change. */
  state: z.enum(['off', 'learning', 'ok', 'alarm']),
  /** Blocks of rows that were looked at, and those that are needed before the first verdict. */
  blocks: z.number().int(),
  needed: z.number().int(),
  /** Rows and milliseconds of a block: what comes in its time, and until it has so many rows. */
  blockRows: z.number().int(),
  blockMs: z.number(),
  /** Features x segments x what is looked at of each. */
  streams: z.number().int(),
  /** Evidence of all streams together, and from where on there is an alarm. */
  evidence: z.number(),
  threshold: z.number(),
  /** Alarms within the budget's time, the newest last. */
  alarms: z.array(z.object({ time: z.string(), features: z.array(z.string()), evidence: z.number() })),
  /** Those with the strongest evidence first. */
  features: z.array(
    z.object({
      feature: z.string(),
      /** Empty for all rows. */
      segment: z.string(),
      /** `place`, `spread`, `shape`, `missing`, `beyond`, or the value of a category whose share moved. */
      what: z.string(),
      evidence: z.number(),
      /** The newest block against what its own history led to expect, in standard errors. */
      deviation: z.number(),
    }),
  ),
});
export type BudgetReport = z.infer<typeof budgetReportSchema>;

export const powerReportSchema = z.object({
  deployment: z.string(),
  model: z.object({ name: z.string(), version: z.number().int() }),
  falseAlarms: z.string(),
  /** How many streams share the budget. */
  streams: z.number().int(),
  probability: z.number(),
  power: z.array(
    z.object({
      feature: z.string(),
      /** Of the mean, in standard deviations of the reference. */
      shift: z.number(),
      /** Within so many rows it is found with `probability`; null where it never is. */
      rows: z.number().int().nullable(),
      /** How much more the feature varies from block to block than independent rows would; 1 while that is not known. */
      dispersion: z.number(),
      summary: z.string(),
    }),
  ),
});
export type PowerReport = z.infer<typeof powerReportSchema>;
