import type { FastifyReply } from 'fastify';

/** A signal that aborts when the caller goes away before the answer is sent. */
export function abortedWith(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished)
      controller.abort(new DOMException('The caller went away.', 'AbortError'));
  });
  return controller.signal;
}
