import { defineEvent } from '@trestle/kernel/spec';
import { z } from 'zod';

/** A new version of a dataset: `dataset:strikes@3`. */
export const datasetAdded = defineEvent(
  'dataset.added',
  z.object({ digest: z.string(), rows: z.number(), source: z.string() }),
);
/** A tag was given to a version, or moved to it from `previous`. */
export const datasetTagged = defineEvent(
  'dataset.tagged',
  z.object({ tag: z.string(), previous: z.number().int().nullable() }),
);
/** Rows were erased from every version of a dataset. */
export const datasetErased = defineEvent(
  'dataset.erased',
  z.object({
    id: z.string(),
    column: z.string(),
    rows: z.number(),
    versions: z
      .array(z.object({ dataset: z.string(), version: z.number().int(), rows: z.number() }))
      .readonly(),
    /** Proves, with the salt that the caller got, whose rows they were. */
    commitment: z.string(),
  }),
);
/** A version was given up by a retention rule. */
export const datasetRetired = defineEvent('dataset.retired', z.object({ digest: z.string() }));
/** Blobs that no version holds any more were removed. */
export const datasetCollected = defineEvent(
  'dataset.collected',
  z.object({ blobs: z.number(), bytes: z.number() }),
);
