import { isRecord, isTrestleError, pause } from '@trestle/kernel/spec';
import { errorOfAnswer, strange } from './client-error.ts';
import type { Send } from './follow-job.ts';
import { serverEvents } from './server-events.ts';

/** An event of the log, as far as a watcher is told; `audit.log` has the rest. */
export interface WatchedEvent {
  readonly seq: number;
  readonly type: string;
  readonly subject: string;
}

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** The pause before a new connection. */
  readonly reconnectMs?: number;
}

const RECONNECT_MS = 2_000;

/** Tells of the log as it grows until the signal aborts. @throws what the server refuses it for: no permission, no such route */
export async function watchLog(
  send: Send,
  listener: (event: WatchedEvent) => void,
  { signal, reconnectMs = RECONNECT_MS }: WatchOptions,
): Promise<void> {
  for (let after: number | undefined; !signal.aborted; ) {
    try {
      const response = await send(`api/v1/events${after === undefined ? '' : `?after=${after}`}`, { signal });
      if (!response.ok || !response.body) throw await errorOfAnswer(response);
      for await (const { event, data } of serverEvents(response.body)) {
        const told: unknown = JSON.parse(data);
        const { seq, type, subject } = isRecord(told) ? told : {};
        if (typeof seq !== 'number') throw strange('holds an event that is none');
        after = seq;
        if (event === 'logged') listener({ seq, type: String(type), subject: String(subject) });
      }
    } catch (cause) {
      if (signal.aborted) return;
      // Away, draining, or with streams enough for now; anything else is meant.
      const isForNow = isTrestleError(cause)
        ? cause.kind === 'unavailable' || cause.kind === 'overloaded'
        : cause instanceof TypeError;
      if (!isForNow) throw cause;
    }
    await pause(reconnectMs, signal);
  }
}
