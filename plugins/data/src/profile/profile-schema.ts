import { columnTypeSchema } from '@trestle/contracts';
import { z } from 'zod';

/** What a column means, as far as its values and its name tell. */
export const semanticSchema = z.enum([
  'id',
  'category',
  'date',
  'text',
  'money',
  'email',
  'phone',
  'url',
  'ip-address',
  'uuid',
  'name',
]);
export type Semantic = z.infer<typeof semanticSchema>;

export const columnProfileSchema = z.object({
  name: z.string(),
  type: columnTypeSchema,
  count: z.number(),
  nulls: z.number(),
  /**
   * Exact for one part with up to 50,000 different values, and for several that have up to 4,096 together; else approximate
   * (HyperLogLog).
   */
  distinct: z.number(),
  /** Whole numbers that a double would round are their digits, as text. */
  min: z.union([z.number(), z.string()]).nullable(),
  max: z.union([z.number(), z.string()]).nullable(),
  mean: z.number().nullable(),
  std: z.number().nullable(),
  skewness: z.number().nullable(),
  /** Above that of a normal distribution. */
  kurtosis: z.number().nullable(),
  /**
   * Of numbers, by share, linear between two of them; where approximate, at most a two-hundredth of the rows beside it (and a
   * t-digest's error).
   */
  quantiles: z.record(z.string(), z.number()).nullable(),
  /**
   * The most frequent values; none where nearly every value is another one. Exact for one part; for several, rows are missing
   * where a value is not among the 4,096 most frequent ones of a part.
   */
  top: z.array(z.object({ value: z.string(), count: z.number() })),
  /** Of numbers: equal-width bins from min to max; approximate where the quantiles are, except for one part. */
  histogram: z.array(z.object({ from: z.number(), to: z.number(), count: z.number() })),
  /** Of texts, in characters. */
  lengths: z.object({ min: z.number(), mean: z.number(), max: z.number() }).nullable(),
  /** Which of these are approximate; all others are exact. */
  approximate: z.array(
    z.enum(['distinct', 'quantiles', 'top', 'histogram', 'mean', 'std', 'skewness', 'kurtosis']),
  ),
  semantic: semanticSchema.nullable(),
  /** Looks like data about a person. */
  isPersonal: z.boolean(),
});
export type ColumnProfile = z.infer<typeof columnProfileSchema>;

export const leakSchema = z.object({
  column: z.string(),
  /** How well it alone tells the target, above the best guess without it: 0 not at all, 1 always. */
  score: z.number(),
});

export const profileSchema = z.object({
  dataset: z.string(),
  version: z.number(),
  rows: z.number(),
  columns: z.array(columnProfileSchema),
  /** Pearson's r of pairs of numbers, the strongest first; of a sample where there is one. */
  correlations: z.array(z.object({ a: z.string(), b: z.string(), r: z.number() })),
  /** So many rows, taken by chance, are what correlations and leaks are of; missing where they are of all. */
  sampledRows: z.number().optional(),
  /** With a target: columns that alone nearly tell it. */
  leaks: z.array(leakSchema).optional(),
  /** The report's file, where one was asked for. */
  html: z.string().optional(),
});
export type Profile = z.infer<typeof profileSchema>;
