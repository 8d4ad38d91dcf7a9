import {
  type ErrorKind,
  isErrorKind,
  isRecord,
  isTrestleError,
  type Progress,
  pause,
  TrestleError,
} from '@trestle/kernel/spec';
import { clientError, errorOfAnswer, strange } from './client-error.ts';
import { serverEvents } from './server-events.ts';

/** How often in a row nothing may be heard: about half a minute, in which a server restarts. */
const MAX_SILENT_TRIES = 30;
const RECONNECT_MS = 1_000;
const ENDS: readonly unknown[] = ['succeeded', 'failed', 'cancelled', 'interrupted'];

export type Send = (path: string, init: RequestInit) => Promise<Response>;

/** A queued job, and where its events are. */
export interface JobPlace {
  readonly job: string;
  readonly events: string;
}

export interface FollowOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** The pause before a new connection. */
  readonly reconnectMs?: number;
}

/** What is heard of a job: how far it is, or how it ended. */
type News = { readonly progress: Progress | undefined } | { readonly end: Readonly<Record<string, unknown>> };

/** The job that an answer tells of. @throws TRS_CLIENT_ANSWER */
export function jobIn(body: unknown): JobPlace {
  const { job, events } = isRecord(body) ? body : {};
  if (typeof job !== 'string' || typeof events !== 'string') throw strange('tells of no job');
  return { job, events };
}

/**
 * Follows a job to its end, over its events; the connection may break, and the server may be away for a while. Where a server
 * has enough of such streams, the job itself is asked for now and then.
 *
 * @throws TRS_CLIENT_JOB_LOST when it stays away; the job's own error; the signal's reason
 */
export async function followJob(send: Send, place: JobPlace, options: FollowOptions): Promise<unknown> {
  const { job, events } = place;
  // Where nobody can give it up, it is never given up.
  const signal = options.signal ?? new AbortController().signal;
  for (let silentTries = 0; silentTries < MAX_SILENT_TRIES; silentTries++) {
    signal.throwIfAborted();
    for await (const news of untilAway(send, events, options.signal)) {
      silentTries = 0;
      if ('end' in news) return outcome(news.end, job);
      if (news.progress) options.onProgress?.(news.progress);
    }
    await pause(options.reconnectMs ?? RECONNECT_MS, signal);
  }
  throw clientError('JOB_LOST', {
    kind: 'unavailable',
    message: `The connection to the job ${job} was lost.`,
    hint: `It goes on at the server; see "trestle job show ${job}".`,
    details: { job },
  });
}

/** What is heard over one connection; ends when it breaks or the server is away. */
async function* untilAway(send: Send, events: string, signal: AbortSignal | undefined): AsyncGenerator<News> {
  const ask = async (path: string): Promise<Response> => {
    const response = await send(path, signal ? { signal } : {});
    if (!response.ok) throw await errorOfAnswer(response);
    return response;
  };
  try {
    const { body } = await ask(events);
    if (!body) throw strange('is empty');
    for await (const { event, data } of serverEvents(body)) {
      if (event === 'done') yield { end: recordIn(data) };
      else if (event === 'progress') yield { progress: progressIn(recordIn(data)) };
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (isTrestleError(cause) && cause.kind === 'overloaded') {
      const text = await (await ask(events.replace(/\/events$/, ''))).text();
      const shown = recordIn(text);
      yield ENDS.includes(shown.state)
        ? { end: shown }
        : { progress: progressIn(isRecord(shown.progress) ? shown.progress : {}) };
      return;
    }
    // Away or draining. A connection that breaks in the middle is a TypeError (Fetch standard, 5.6); anything else is meant.
    const isAway = isTrestleError(cause) ? cause.kind === 'unavailable' : cause instanceof TypeError;
    if (!isAway) throw cause;
  }
}

function recordIn(text: string): Record<string, unknown> {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch (cause) {
    throw strange('holds an event that is none', cause);
  }
  if (!isRecord(told)) throw strange('holds an event that is none');
  return told;
}

function progressIn({ step, fraction, values }: Readonly<Record<string, unknown>>): Progress | undefined {
  if (typeof step !== 'string') return undefined;
  return {
    step,
    ...(typeof fraction === 'number' ? { fraction } : {}),
    ...(isNumbers(values) ? { values } : {}),
  };
}

const isNumbers = (values: unknown): values is Readonly<Record<string, number>> =>
  isRecord(values) && Object.values(values).every((value) => typeof value === 'number');

const KIND_OF_STATE: Readonly<Record<string, ErrorKind>> = {
  cancelled: 'interrupted',
  interrupted: 'interrupted',
};

function outcome({ state, output, error }: Readonly<Record<string, unknown>>, job: string): unknown {
  if (state === 'succeeded') return output;
  const told = isRecord(error) ? error : {};
  const { code = 'TRS_CLIENT_JOB_ENDED', message = `The job ${job} is ${state}.` } = told;
  const { kind, hint = `See "trestle job show ${job}".`, details } = told;
  throw new TrestleError(String(code), {
    kind: KIND_OF_STATE[String(state)] ?? (isErrorKind(kind) ? kind : 'failed'),
    message: String(message),
    hint: String(hint),
    details: isRecord(details) ? details : {},
  });
}
