import { availableParallelism } from 'node:os';
import { configSection } from '@trestle/kernel';
import { z } from 'zod';

/** One core is left to the thread that accepts requests. */
const DEFAULT_WORKERS = Math.max(1, Math.min(4, availableParallelism() - 1));

export const servingConfig = configSection(
  'serving',
  z.strictObject({
    /** Threads that run models. */
    workers: z.number().int().min(1).max(64).default(DEFAULT_WORKERS),
    /** Where the graphs of models run: `core`, `onnxruntime` where onnxruntime-node is installed, one of a plugin, or `auto`. */
    executor: z.string().min(1).default('core'),
    /** Requests that may wait for a thread; more are refused at once. */
    maxQueue: z.number().int().min(0).max(100_000).default(256),
    /** How long a request may wait and run, in milliseconds. */
    timeoutMs: z.number().int().min(1).max(3_600_000).default(30_000),
    /** Rows of one request at most. */
    maxRows: z.number().int().min(1).max(1_000_000).default(10_000),
    /** Rows of several requests that go through a model together at most. */
    maxBatchRows: z.number().int().min(1).max(1_000_000).default(256),
    /** For so long a request waits for others while others are expected, in milliseconds; those that wait for a thread go together anyway. */
    maxDelayMs: z.number().min(0).max(1_000).default(0),
  }),
);
