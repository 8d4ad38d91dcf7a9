import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { serverError } from '../server-error.ts';
import { abortedWith } from './aborted-with.ts';

/** Callers that are told of something as it happens, as server-sent events: so many at once, until the server drains. */
export interface EventStreams {
  readonly open: () => number;
  /** Answers with what `events` yields until `gone` aborts. @throws TRS_SERVER_TOO_MANY_STREAMS */
  send(reply: FastifyReply, events: (gone: AbortSignal) => AsyncIterable<string>): FastifyReply;
}

const LOOK_MS = 200;

export function eventStreams({
  isDraining,
  maxStreams,
}: {
  readonly isDraining: () => boolean;
  readonly maxStreams: number;
}): EventStreams {
  let streams = 0;
  return {
    open: () => streams,
    send(reply, events) {
      // Each one asks the store again and again.
      if (streams >= maxStreams) throw tooManyStreams(maxStreams);
      streams += 1;
      const drained = new AbortController();
      const look = setInterval(() => {
        if (isDraining()) drained.abort();
      }, LOOK_MS);
      reply.raw.once('close', () => {
        clearInterval(look);
        streams -= 1;
      });
      const gone = AbortSignal.any([abortedWith(reply), drained.signal]);
      return reply
        .type('text/event-stream')
        .header('cache-control', 'no-store')
        .send(Readable.from(events(gone)));
    },
  };
}

const tooManyStreams = (maxStreams: number) =>
  serverError('TOO_MANY_STREAMS', {
    kind: 'overloaded',
    message: `${maxStreams} callers follow jobs already.`,
    hint: 'Ask for the job itself now and then, or raise server.maxEventStreams.',
    retryAfterS: 5,
  });
