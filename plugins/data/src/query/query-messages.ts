import { z } from 'zod';

/** What the process that runs a query is told. */
export type ToQuery =
  | { readonly kind: 'judge'; readonly sql: string; readonly memoryMiB: number; readonly threads: number }
  | {
      readonly kind: 'run';
      /** Tables by the names that the query uses, each with its Parquet files. */
      readonly tables: readonly { readonly name: string; readonly files: readonly string[] }[];
      readonly limit: number;
      readonly maxBytes: number;
      /** Where what does not fit into the memory may spill. */
      readonly spillDir: string;
    };

const refusalSchema = z.object({ kind: z.literal('refused'), what: z.string(), hint: z.string() });

const failedSchema = z.object({ kind: z.enum(['failed', 'memory']), message: z.string().default('') });

/** The answer to `judge`. */
export const judgedSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tables'), names: z.array(z.string()) }),
  refusalSchema,
  failedSchema,
]);

export const queryResultSchema = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.record(z.string(), z.unknown())),
  /** More rows were there than were asked for. */
  truncated: z.boolean(),
});
export type QueryResult = z.infer<typeof queryResultSchema>;

/** The answer to `run`. */
export const answeredSchema = z.discriminatedUnion('kind', [
  queryResultSchema.extend({ kind: z.literal('answered') }),
  failedSchema,
]);
