import { columnTypeSchema } from '@trestle/contracts';
import { z } from 'zod';

const rowSchema = z.record(z.string(), z.unknown());

export const diffSchema = z.object({
  from: z.string(),
  to: z.string(),
  schema: z.object({
    added: z.array(z.string()),
    removed: z.array(z.string()),
    retyped: z.array(z.object({ name: z.string(), from: columnTypeSchema, to: columnTypeSchema })),
  }),
  rows: z.object({
    /** How rows were told apart: by a key, or whole, where a changed row is one removed and one added. */
    by: z.string(),
    added: z.number(),
    removed: z.number(),
    changed: z.number(),
    examples: z.object({
      added: z.array(rowSchema),
      removed: z.array(rowSchema),
      changed: z.array(
        z.object({
          key: z.unknown(),
          columns: z.record(z.string(), z.object({ from: z.unknown(), to: z.unknown() })),
        }),
      ),
    }),
  }),
  /** The columns of both versions. */
  columns: z.array(
    z.object({
      name: z.string(),
      nulls: z.object({ from: z.number(), to: z.number() }),
      distinct: z.object({ from: z.number(), to: z.number() }),
      /** `distinct` of one of both is an estimate; all else is exact. */
      approximate: z.array(z.literal('distinct')),
      mean: z.object({ from: z.number().nullable(), to: z.number().nullable() }),
      /** Jensen-Shannon distance of the distributions: 0 the same, 1 nothing in common (Lin 1991; base 2, square root). */
      distance: z.number(),
      /** Of images: the statistic that is so far apart, such as `brightness`. */
      of: z.string().optional(),
      /** With a key: rows in which it changed. */
      changed: z.number().optional(),
    }),
  ),
});
export type Diff = z.infer<typeof diffSchema>;
