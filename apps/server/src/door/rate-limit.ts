import type { TrestleError } from '@trestle/kernel';
import type { FastifyInstance } from 'fastify';
import { serverError } from '../server-error.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whoever asks whether the server lives is not counted. */
    readonly isUncounted?: boolean;
  }
}

/** Callers that are remembered: more of them are an attack by addresses, and the oldest are let go. */
const MOST_CALLERS = 10_000;

/** Counts a request of a caller. The error is for one that is too much. */
export type RequestCount = (caller: string) => TrestleError | undefined;

/**
 * Counts requests of each caller in windows of time. It is a part of every request, so it is a map and a number: the plug-in of Fastify
 * for it took a tenth of a prediction's time.
 */
export function countRequests({
  max,
  windowMs,
}: {
  readonly max: number;
  readonly windowMs: number;
}): RequestCount {
  const callers = new Map<string, { count: number; readonly endsAt: number }>();
  return (caller) => {
    const now = performance.now();
    let window = callers.get(caller);
    if (!window || window.endsAt <= now) {
      window = { count: 0, endsAt: now + windowMs };
      // Set anew it is the newest: the map is in the order in which windows began.
      callers.delete(caller);
      callers.set(caller, window);
      const [oldest] = callers.keys();
      if (callers.size > MOST_CALLERS && oldest !== undefined) callers.delete(oldest);
    }
    window.count += 1;
    if (window.count <= max) return undefined;
    return serverError('RATE_LIMITED', {
      kind: 'overloaded',
      message: `More than ${max} requests in ${windowMs} ms.`,
      hint: 'Send fewer requests, or raise server.rateLimit.',
      retryAfterS: Math.ceil((window.endsAt - now) / 1_000),
    });
  };
}

/** Refuses what is too much of one caller. */
export function addRateLimit(app: FastifyInstance, count: RequestCount): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.isUncounted) return done();
    done(count(`${request.principal.id} ${request.ip}`));
  });
}
