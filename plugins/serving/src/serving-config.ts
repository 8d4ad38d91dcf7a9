import { availableParallelism, totalmem } from 'node:os';
import process from 'node:process';
import { configSection } from '@trestle/kernel';
import { z } from 'zod';

/** Processes of this server on the machine, which the one that keeps them says: by default they share it evenly. */
const PROCESSES = Math.max(1, Number(process.env.TRESTLE_PROCESSES) || 1);

/** One core is left to the thread that accepts requests. */
const DEFAULT_WORKERS = Math.max(1, Math.min(4, Math.floor(availableParallelism() / PROCESSES) - 1));

export const servingConfig = configSection(
  'serving',
  z.strictObject({
    /** Threads that run models, in each process. */
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
    /** What the models that are open may take in all threads of a process together, their weights and the most that a run has taken, in bytes. */
    memoryBytes: z
      .number()
      .int()
      .min(1)
      .default(Math.floor(totalmem() / 2 / PROCESSES)),
    /** A model that hangs or ends its thread so often in a row is set aside for so long, and then tried again. */
    setAside: z
      .strictObject({
        after: z.number().int().min(1).max(1_000).default(3),
        forMs: z.number().int().min(1).max(86_400_000).default(30_000),
      })
      .prefault({}),
    /** What is otherwise for a deployment, by its name. */
    deployments: z
      .record(
        z.string(),
        z.strictObject({
          /** It stays open in each thread, whatever else needs memory. */
          isPinned: z.boolean().default(false),
          /** Threads that run it at once at most; all when left out. */
          maxConcurrency: z.number().int().min(1).max(64).optional(),
          /** Requests that may wait for it; as many as may wait for a thread when left out. */
          maxQueue: z.number().int().min(0).max(100_000).optional(),
          timeoutMs: z.number().int().min(1).max(3_600_000).optional(),
          maxDelayMs: z.number().min(0).max(1_000).optional(),
          maxBatchRows: z.number().int().min(1).max(1_000_000).optional(),
        }),
      )
      .default({}),
  }),
);
