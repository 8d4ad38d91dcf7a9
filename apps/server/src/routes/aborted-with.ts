import type { FastifyReply } from 'fastify';

/** A signal that aborts when the caller goes away before the answer is sent. */
export function abortedWith(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    if (!reply.raw.writableFinished)
      controller.abort(new DOMException('The caller went away.', 'AbortError'));
  };
  if (reply.raw.destroyed) abort();
  else reply.raw.once('close', abort);
  return controller.signal;
}
