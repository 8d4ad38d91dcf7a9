import { Server as NetServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

export interface Drain {
  readonly isDraining: () => boolean;
  /** Stops listening, answers what is under way and what still comes on open connections, and returns when it is quiet. */
  drain(timeoutMs: number): Promise<void>;
}

const QUIET_MS = 300;
const LOOK_MS = 20;

/**
 * A drain that drops nothing: idle connections stay open, because a request may be on its way on one of them; each
 * answer tells its connection to close, so that the caller's next request goes elsewhere.
 */
export function addDrain(app: FastifyInstance): Drain {
  let isDraining = false;
  let underWay = 0;
  let lastAt = performance.now();
  const answered = (): void => {
    underWay -= 1;
    lastAt = performance.now();
  };
  app.addHook('onRequest', (_request, reply, done) => {
    underWay += 1;
    // Not Fastify's onResponse: it is not told of callers that go away before they are answered.
    reply.raw.on('close', answered);
    done();
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isDraining) reply.header('connection', 'close');
    done(null, payload);
  });
  return {
    isDraining: () => isDraining,
    async drain(timeoutMs) {
      isDraining = true;
      const startedAt = performance.now();
      // The HTTP server's own close would also end idle connections.
      NetServer.prototype.close.call(app.server);
      while (performance.now() - startedAt < timeoutMs) {
        const quietMs = performance.now() - Math.max(lastAt, startedAt);
        if (underWay <= 0 && quietMs >= QUIET_MS) return;
        await wait(LOOK_MS);
      }
    },
  };
}
