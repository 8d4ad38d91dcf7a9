import { type ErrorKind, type Progress, TrestleError } from '@trestle/kernel';
import { z } from 'zod';
import { clientError, errorOfProblem } from './client-error.ts';
import { serverEvents } from './server-events.ts';

const queuedSchema = z.object({ job: z.string(), events: z.string() });
const progressSchema = z.object({
  step: z.string().optional(),
  fraction: z.number().optional(),
  values: z.record(z.string(), z.number()).optional(),
});
const doneSchema = z.object({
  state: z.string(),
  output: z.unknown().optional(),
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      hint: z.string(),
      details: z.record(z.string(), z.unknown()),
    })
    .optional(),
});

const RECONNECTS = 20;
const RECONNECT_MS = 500;

type Send = (path: string, init: RequestInit) => Promise<Response>;

/** Follows a job's events to its end; the connection may break and is made again. */
export async function followJob(
  send: Send,
  queued: unknown,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (progress: Progress) => void },
): Promise<unknown> {
  const { job, events } = queuedSchema.parse(queued);
  for (let tries = 0; tries < RECONNECTS; tries++) {
    const response = await send(events, options.signal ? { signal: options.signal } : {});
    if (!response.ok || !response.body) {
      throw errorOfProblem(response.status, await response.json().catch(() => undefined), null);
    }
    try {
      for await (const { event, data } of serverEvents(response.body)) {
        if (event === 'done') return outcome(doneSchema.parse(JSON.parse(data)), job);
        const progress = progressSchema.parse(JSON.parse(data));
        if (progress.step !== undefined) options.onProgress?.(withoutUndefined(progress, progress.step));
      }
    } catch (cause) {
      options.signal?.throwIfAborted();
      // A connection that breaks is a TypeError (Fetch standard, 5.6); anything else is meant.
      if (!(cause instanceof TypeError)) throw cause;
    }
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
  }
  throw clientError('JOB_LOST', {
    kind: 'unavailable',
    message: `The connection to the job ${job} was lost.`,
    hint: `It goes on at the server; see "trestle job show ${job}".`,
    details: { job },
  });
}

const withoutUndefined = (progress: z.infer<typeof progressSchema>, step: string): Progress => ({
  step,
  ...(progress.fraction === undefined ? {} : { fraction: progress.fraction }),
  ...(progress.values === undefined ? {} : { values: progress.values }),
});

const KIND_OF_STATE: Readonly<Record<string, ErrorKind>> = {
  cancelled: 'interrupted',
  interrupted: 'interrupted',
};

function outcome(done: z.infer<typeof doneSchema>, job: string): unknown {
  if (done.state === 'succeeded') return done.output;
  const { code, ...parts } = done.error ?? {
    code: 'TRS_CLIENT_JOB_ENDED',
    message: `The job ${job} ${done.state}.`,
    hint: `See "trestle job show ${job}".`,
    details: {},
  };
  throw new TrestleError(code, { ...parts, kind: KIND_OF_STATE[done.state] ?? 'failed' });
}
