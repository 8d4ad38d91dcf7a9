import { columnSchema } from '@trestle/contracts';
import type { TypedColumn } from '@trestle/tables';
import { z } from 'zod';

/** What a version is: its columns, and the Parquet blobs that hold its rows in order. */
export const manifestSchema = z.object({
  format: z.literal(1),
  columns: z.array(columnSchema.omit({ nulls: true })),
  parts: z.array(z.object({ digest: z.string(), rows: z.number() })),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** Columns as a manifest holds them. */
export const schemaOf = (columns: readonly TypedColumn[]): Manifest['columns'] =>
  columns.map(({ name, type, about, stored }) => ({ name, type, about, stored }));
