import { defineEvent } from '@trestle/kernel/spec';
import { z } from 'zod';

const run = z.object({
  /** `training`, `pipeline`, `retraining`, or what a plugin calls its own. */
  kind: z.string().optional(),
  experiment: z.string().optional(),
  dataset: z.string().optional(),
  target: z.string().optional(),
  /** On the held-out part, or the last of each series. */
  metrics: z.record(z.string(), z.number()).optional(),
  modelDigest: z.string().optional(),
});
export const runStarted = defineEvent('run.started', run);
export const runSucceeded = defineEvent('run.succeeded', run);
export const runFailed = defineEvent('run.failed', run);
export const runInterrupted = defineEvent('run.interrupted', run);
export const runCancelled = defineEvent('run.cancelled', run);

/** What became of a run, by its status. */
export const runEvents = {
  running: runStarted,
  succeeded: runSucceeded,
  failed: runFailed,
  interrupted: runInterrupted,
  cancelled: runCancelled,
} as const;

/** Somebody said something of a run: a tag, a note, another experiment, that it is not to be shown any more, or to be again. */
export const runChanged = defineEvent(
  'run.changed',
  z.object({ change: z.enum(['tagged', 'noted', 'moved', 'deleted', 'restored']), value: z.string() }),
);

/** Content of artifacts was removed to which no run refers that is not deleted. */
export const runsCollected = defineEvent(
  'runs.collected',
  z.object({ blobs: z.number(), bytes: z.number() }),
);
