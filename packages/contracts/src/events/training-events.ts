import { defineEvent } from '@trestle/kernel/spec';
import { z } from 'zod';

const trainingRun = z.object({
  dataset: z.string().optional(),
  target: z.string(),
  /** On the held-out part. */
  metrics: z.record(z.string(), z.number()),
  modelDigest: z.string().optional(),
});
export const runStarted = defineEvent('run.started', trainingRun);
export const runSucceeded = defineEvent('run.succeeded', trainingRun);
export const runFailed = defineEvent('run.failed', trainingRun);
export const runInterrupted = defineEvent('run.interrupted', trainingRun);

/** What became of a training, by its status. */
export const runEvents = {
  running: runStarted,
  succeeded: runSucceeded,
  failed: runFailed,
  interrupted: runInterrupted,
} as const;
