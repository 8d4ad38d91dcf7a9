import { z } from 'zod';
import { columnTypeSchema } from '../table/column-type.ts';

/** A number, or a word for one that JSON does not have (`Infinity`), or the text of a value of another type. */
const boundSchema = z.union([z.number(), z.string()]).nullable();
const countSchema = z.int().nonnegative();

/** Sums of the powers of what numbers differ from their mean; of finite ones. */
export const momentsSchema = z.object({
  count: countSchema,
  mean: z.number(),
  m2: z.number(),
  m3: z.number(),
  m4: z.number(),
});
export type Moments = z.infer<typeof momentsSchema>;

/** Into how many shares `Points` divide the numbers. */
export const POINT_LEVELS = 200;

const isAscending = (numbers: readonly number[]): boolean =>
  numbers.every((one, index) => index === 0 || one > (numbers[index - 1] ?? one));

/**
 * How many finite numbers are at most each of some: ascending in both. Between two of them lie fewer than a
 * `POINT_LEVELS`-th of all numbers, and those at the second itself.
 */
export const pointsSchema = z
  .object({ values: z.array(z.number()), below: z.array(countSchema) })
  .refine(({ values, below }) => values.length === below.length, 'each point has a value and a count')
  .refine(({ values, below }) => isAscending(values) && isAscending(below), 'points ascend');
export type Points = z.infer<typeof pointsSchema>;

/** A value as text, in how many rows it is at least, and its place among the registers: register x 64 + rank. */
export type SketchedValue = readonly [value: string, rows: number, place: number];

/** By hand: there are thousands for each column, and a schema of tuples takes longer than all else of reading a sketch. */
const isValues = (values: unknown): values is SketchedValue[] =>
  Array.isArray(values) &&
  values.every(
    (one: unknown, index) =>
      Array.isArray(one) &&
      one.length === 3 &&
      typeof one[0] === 'string' &&
      Number.isSafeInteger(one[1]) &&
      one[1] > 0 &&
      one[1] <= (index === 0 ? Number.MAX_SAFE_INTEGER : values[index - 1][1]) &&
      Number.isSafeInteger(one[2]) &&
      one[2] >= 0,
  );

export const columnSketchSchema = z.object({
  name: z.string(),
  type: columnTypeSchema,
  /** Values that are there. */
  count: countSchema,
  nulls: countSchema,
  /** Different values: counted where that could be, else what `registers` say. */
  distinct: countSchema,
  min: boundSchema,
  max: boundSchema,
  moments: momentsSchema.nullable(),
  /** The most frequent values, the first ones first. */
  values: z.custom<SketchedValue[]>(isValues, 'texts with counts and places, the most frequent first'),
  /** How many rows a value that is not among `values` may have, or one that is may have more; 0 when `values` is complete and exact. */
  untold: countSchema,
  /** Of numbers; what is kept leaves them out where `values` is complete, as it says the same. */
  points: pointsSchema.nullable(),
  /** A HyperLogLog in base64, a byte for each register, where `values` is not complete. */
  registers: z.base64().nullable(),
  /**
   * What is estimated: how many different values there are (by `registers`), and how many rows the frequent ones and the bins have
   * (of several parts that do not tell all). Missing where that is exact.
   */
  estimated: z.array(z.enum(['distinct', 'frequencies'])).optional(),
  /** Of texts, in characters. */
  lengths: z.object({ min: countSchema, sum: countSchema, max: countSchema }).nullable(),
  /** Of texts: how many of the first ones were looked at, and how many had each known form. */
  forms: z.object({ looked: countSchema, matches: z.array(countSchema) }).nullable(),
});
export type ColumnSketch = z.infer<typeof columnSketchSchema>;

/** Sums over the rows in which both of two columns are finite, on a sample and weighted up to all rows. */
export const pairSketchSchema = z.object({
  a: z.string(),
  b: z.string(),
  weight: z.number().nonnegative(),
  meanA: z.number(),
  meanB: z.number(),
  sumAA: z.number(),
  sumBB: z.number(),
  sumAB: z.number(),
});
export type PairSketch = z.infer<typeof pairSketchSchema>;

/** What a table's values are like, in so little that sketches of parts can be kept, and merged into that of the whole. */
export const tableSketchSchema = z.object({
  rows: countSchema,
  columns: z.array(columnSketchSchema),
  pairs: z.array(pairSketchSchema),
});
export type TableSketch = z.infer<typeof tableSketchSchema>;
