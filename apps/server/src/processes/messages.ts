import { type ErrorKind, isErrorKind } from '@trestle/kernel';
import type { Registry } from 'prom-client';
import { z } from 'zod';

/** What a process has counted. */
export type Measured = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

// What comes is of our own processes, of the same version: only its kind is looked at, and what numbers there are stay as they are.
const measured = z.custom<Measured>(Array.isArray);
const asked = z.number().int();

/** What a process of a server tells the one that keeps it. */
export const fromProcess = z.discriminatedUnion('kind', [
  /** It takes requests. */
  z.object({
    kind: z.literal('ready'),
    url: z.string(),
    grpc: z.string().optional(),
    drainTimeoutMs: z.number(),
  }),
  /** It cannot begin. */
  z.object({
    kind: z.literal('failed'),
    code: z.string(),
    errorKind: z.custom<ErrorKind>(isErrorKind),
    message: z.string(),
    hint: z.string().optional(),
  }),
  /** Somebody asks it what all have counted. */
  z.object({ kind: z.literal('collect'), asked, measured }),
  /** What it has counted itself: because it was asked, or because it ends. */
  z.object({ kind: z.literal('measured'), asked: asked.optional(), measured }),
]);

/** What the one that keeps the processes tells one of them. */
export const toProcess = z.discriminatedUnion('kind', [
  /** It is the one that runs the jobs, subscribers and schedules, until it ends. */
  z.object({ kind: z.literal('lead') }),
  z.object({ kind: z.literal('measure'), asked }),
  /** What the others have counted, and those before them. */
  z.object({ kind: z.literal('collected'), asked, others: z.array(measured) }),
]);

export type FromProcess = z.infer<typeof fromProcess>;
export type ToProcess = z.infer<typeof toProcess>;
