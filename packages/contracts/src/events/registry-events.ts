import { defineEvent } from '@trestle/kernel/spec';
import { z } from 'zod';

/** A new version of a model: `model:strikes@3`. */
export const modelRegistered = defineEvent(
  'model.registered',
  z.object({
    digest: z.string(),
    run: z.string().optional(),
    metrics: z.record(z.string(), z.number().nullable()),
  }),
);

const move = z.object({
  name: z.string(),
  version: z.number().int(),
  /** Of the model package; what older versions recorded has none. */
  digest: z.string().optional(),
  alias: z.string(),
  /** The version that had the alias before. */
  previous: z.number().int().nullable(),
});
export const modelPromoted = defineEvent('model.promoted', move);
export const modelRolledBack = defineEvent('model.rolled-back', move);

/** How an alias moved, by the kind of move. */
export const aliasEvents = { promoted: modelPromoted, 'rolled-back': modelRolledBack } as const;
