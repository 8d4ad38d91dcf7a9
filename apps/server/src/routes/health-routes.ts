import { type Host, OPEN_ACCESS } from '@trestle/kernel';
import { storeCheckToken } from '@trestle/store';
import type { FastifyInstance } from 'fastify';
import { serverError } from '../server-error.ts';

/** Alive: the process answers. Ready: it takes requests and reaches its store. */
export function addHealthRoutes(app: FastifyInstance, host: Host, isDraining: () => boolean): void {
  const config = { access: OPEN_ACCESS, isUncounted: true };
  const checkOpen = (): void => {
    if (isDraining()) throw notReady('it is draining');
  };
  app.get('/healthz', { config }, async () => ({ status: 'ok' }));
  app.get('/readyz', { config }, async () => {
    checkOpen();
    const store = await host.service(storeCheckToken);
    await store.ready().catch((cause: unknown) => {
      throw notReady('it does not reach its store', cause);
    });
    // Told to end meanwhile: the answer closes the connection, so it must not say that more would be taken.
    checkOpen();
    return { status: 'ready' };
  });
}

/** The answer of a server that takes no requests, and why. */
export const notReady = (reason: string, cause?: unknown) =>
  serverError('NOT_READY', {
    kind: 'unavailable',
    message: `The server takes no requests: ${reason}.`,
    retryAfterS: 5,
    cause,
  });
