import { columnTypeSchema } from '@trestle/contracts';
import { z } from 'zod';
import { parameterSchema } from './parameter.ts';

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
  /** A function of a row: the `rowExpectation` that a module exports, a file relative to the project. */
  z.strictObject({
    type: z.literal('row.function'),
    module: z.string().min(1),
    /** The function's second argument. */
    params: z.record(z.string(), parameterSchema).optional(),
    ...common,
  }),
  z.strictObject({
    type: z.literal('table.rowCount'),
    min: z.number().int().optional(),
    max: z.number().int().optional(),
    ...common,
  }),
  z.strictObject({ type: z.literal('table.columns'), names: z.array(z.string()).min(1), ...common }),
  /** No two rows are alike in these columns together. */
  z.strictObject({ type: z.literal('table.unique'), columns: z.array(z.string()).min(1), ...common }),
  /** An expression over aggregates: `avg("speed") < 2 * median("speed")`. */
  z.strictObject({ type: z.literal('table.sql'), expression: z.string().max(2_000), ...common }),
  z.strictObject({
    type: z.literal('column.aggregate'),
    of: z.enum(['mean', 'median', 'min', 'max', 'sum', 'std', 'distinct', 'nullShare']),
    min: z.number().optional(),
    max: z.number().optional(),
    ...column,
  }),
  /** Each value is a key of another version. */
  z.strictObject({ type: z.literal('column.references'), dataset: z.string(), key: z.string(), ...column }),
  /** About as many rows as another version: `within: 0.1` is ten per cent more or less. */
  z.strictObject({
    type: z.literal('table.rowCountLike'),
    dataset: z.string(),
    within: z.number().min(0),
    ...common,
  }),
  /** The values are spread as in another version: Jensen-Shannon distance, 0 alike to 1 nothing in common. */
  z.strictObject({
    type: z.literal('column.drift'),
    from: z.string(),
    max: z.number().min(0).max(1),
    ...column,
  }),
]);
export type Expectation = z.infer<typeof expectationSchema>;
/** An expectation as a person writes it: what has a default may be left out. */
export type ExpectationInput = z.input<typeof expectationSchema>;

export const suiteSchema = z.strictObject({ expectations: z.array(expectationSchema).min(1) });
export type Suite = z.infer<typeof suiteSchema>;

/** A suite as the default export of a module: `expectations/NAME.ts`. */
export const suite = (expectations: readonly ExpectationInput[]): z.input<typeof suiteSchema> => ({
  expectations: [...expectations],
});

export const resultSchema = z.object({
  /** In words: `column.between "speed" 0 … 400`. */
  expectation: z.string(),
  severity: z.enum(['error', 'warn']),
  passed: z.boolean(),
  /** Rows that do not hold. */
  failures: z.number(),
  /** What was found, where a number is expected. */
  observed: z.number().optional(),
  /** Of images: the statistic that it was found of, such as `brightness`. */
  of: z.string().optional(),
  /** Why it does not hold, where the rows alone do not tell; how many values it was found without; that it is an estimate. */
  reason: z.string().optional(),
  /** Some of them, with their numbers from 1. */
  examples: z.array(z.object({ row: z.number(), values: z.record(z.string(), z.unknown()) })),
});
export const reportSchema = z.object({
  passed: z.boolean(),
  rows: z.number(),
  results: z.array(resultSchema),
});
export type SuiteReport = z.infer<typeof reportSchema>;
