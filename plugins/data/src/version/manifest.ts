import { columnTypeSchema } from '@trestle/contracts';
import { z } from 'zod';

/** What a version is: its columns, and the Parquet blobs that hold its rows in order. */
export const manifestSchema = z.object({
  format: z.literal(1),
  columns: z.array(z.object({ name: z.string(), type: columnTypeSchema })),
  parts: z.array(z.object({ digest: z.string(), rows: z.number() })),
});
export type Manifest = z.infer<typeof manifestSchema>;
