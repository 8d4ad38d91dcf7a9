import { type ErrorKind, isErrorKind, isTrestleError, type Progress, TrestleError } from '@trestle/kernel';
import { z } from 'zod';
import { clientError, errorOfAnswer, strange } from './client-error.ts';
import { type ServerEvent, serverEvents } from './server-events.ts';

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
      kind: z.string().optional(),
      message: z.string(),
      hint: z.string(),
      details: z.record(z.string(), z.unknown()),
    })
    .optional(),
});
type Done = z.infer<typeof doneSchema>;

/** How often in a row nothing may be heard: about half a minute, in which a server restarts. */
const MAX_SILENT_TRIES = 30;
const RECONNECT_MS = 1_000;

type Send = (path: string, init: RequestInit) => Promise<Response>;

interface FollowOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** The pause before a new connection. */
  readonly reconnectMs?: number;
}

/**
 * Follows a job's events to its end; the connection may break, and the server may be away for a while.
 *
 * @throws TRS_CLIENT_JOB_LOST when it stays away; the job's own error; the signal's reason
 */
export async function followJob(send: Send, queued: unknown, options: FollowOptions): Promise<unknown> {
  const place = queuedSchema.safeParse(queued);
  if (!place.success) throw strange('tells of no job');
  const { job, events } = place.data;
  for (let silentTries = 0; silentTries < MAX_SILENT_TRIES; silentTries++) {
    options.signal?.throwIfAborted();
    for await (const { event, data } of untilAway(send, events, options.signal)) {
      silentTries = 0;
      if (event === 'done') return outcome(read(doneSchema, data), job);
      if (event !== 'progress') continue;
      const progress = read(progressSchema, data);
      if (progress.step !== undefined) options.onProgress?.(withoutUndefined(progress, progress.step));
    }
    await pause(options.reconnectMs ?? RECONNECT_MS, options.signal);
  }
  throw clientError('JOB_LOST', {
    kind: 'unavailable',
    message: `The connection to the job ${job} was lost.`,
    hint: `It goes on at the server; see "trestle job show ${job}".`,
    details: { job },
  });
}

/** What is heard over one connection; ends when it breaks or the server is away. */
async function* untilAway(
  send: Send,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ServerEvent> {
  try {
    const response = await send(path, signal ? { signal } : {});
    if (!response.ok || !response.body) throw await errorOfAnswer(response);
    yield* serverEvents(response.body);
  } catch (cause) {
    signal?.throwIfAborted();
    // Away or draining. A connection that breaks in the middle is a TypeError (Fetch standard, 5.6); anything else is meant.
    const isAway = isTrestleError(cause) ? cause.kind === 'unavailable' : cause instanceof TypeError;
    if (!isAway) throw cause;
  }
}

function read<T>(schema: z.ZodType<T>, data: string): T {
  try {
    return schema.parse(JSON.parse(data));
  } catch (cause) {
    throw strange('holds an event that is none', cause);
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timeout);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timeout = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
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

function outcome(done: Done, job: string): unknown {
  if (done.state === 'succeeded') return done.output;
  const { code, kind, ...parts } = done.error ?? {
    code: 'TRS_CLIENT_JOB_ENDED',
    kind: undefined,
    message: `The job ${job} is ${done.state}.`,
    hint: `See "trestle job show ${job}".`,
    details: {},
  };
  const known = isErrorKind(kind) ? kind : 'failed';
  throw new TrestleError(code, { ...parts, kind: KIND_OF_STATE[done.state] ?? known });
}
