import { columnTypeSchema } from '@trestle/contracts';
import { z } from 'zod';

const common = {
  /** `warn` is reported, and does not fail the suite. */
  severity: z.enum(['error', 'warn']).default('error'),
  /** The share of rows that must hold. */
  mostly: z.number().min(0).max(1).default(1),
};
const column = { column: z.string(), ...common };
const bound = z.union([z.number(), z.string()]);

/** What may be expected of data. */
export const expectationSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('column.notNull'), ...column }),
  z.strictObject({
    type: z.literal('column.between'),
    min: bound.optional(),
    max: bound.optional(),
    ...column,
  }),
  z.strictObject({ type: z.literal('column.inSet'), values: z.array(bound).min(1), ...column }),
  z.strictObject({ type: z.literal('column.matches'), pattern: z.string(), ...column }),
  z.strictObject({ type: z.literal('column.unique'), ...column }),
  z.strictObject({ type: z.literal('column.type'), is: columnTypeSchema, ...column }),
  z.strictObject({ type: z.literal('row.sql'), expression: z.string().max(2_000), ...common }),
  z.strictObject({
    type: z.literal('table.rowCount'),
    min: z.number().int().optional(),
    max: z.number().int().optional(),
    ...common,
  }),
  z.strictObject({ type: z.literal('table.columns'), names: z.array(z.string()).min(1), ...common }),
]);
export type Expectation = z.infer<typeof expectationSchema>;

export const suiteSchema = z.strictObject({ expectations: z.array(expectationSchema).min(1) });
export type Suite = z.infer<typeof suiteSchema>;

export const resultSchema = z.object({
  /** In words: `column.between "speed" 0 … 400`. */
  expectation: z.string(),
  severity: z.enum(['error', 'warn']),
  passed: z.boolean(),
  /** Rows that do not hold. */
  failures: z.number(),
  /** Some of them, with their numbers from 1. */
  examples: z.array(z.object({ row: z.number(), values: z.record(z.string(), z.unknown()) })),
});
export const reportSchema = z.object({
  passed: z.boolean(),
  rows: z.number(),
  results: z.array(resultSchema),
});
export type SuiteReport = z.infer<typeof reportSchema>;
