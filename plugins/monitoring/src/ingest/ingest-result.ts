import { z } from 'zod';

/** What became of predictions that were made elsewhere. */
export const ingestResultSchema = z.object({
  deployment: z.string(),
  /** Rows that came. */
  rows: z.number().int(),
  /** Of them, those that are kept now and were not before. */
  added: z.number().int(),
  /** Ids that were there already: the first of each stays. */
  duplicates: z.number().int(),
  /** Labels that had come before their prediction and found it now. */
  labelled: z.number().int(),
});
export type IngestResult = z.infer<typeof ingestResultSchema>;
