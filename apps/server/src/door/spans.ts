import { beginSpan } from '@trestle/kernel';
import type { FastifyInstance } from 'fastify';

/**
 * Each request is a span, of the caller's trace where the caller sends one (W3C Trace Context): operations, jobs and their steps are
 * within it, in whichever process they run.
 */
export function addSpans(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    const attributes = { 'http.request.method': request.method, 'http.route': route };
    const { traceparent } = request.headers;
    const parent = typeof traceparent === 'string' ? traceparent : undefined;
    beginSpan(`${request.method} ${route}`, attributes, parent, (span) => {
      if (span)
        reply.raw.once('close', () => {
          span.setAttribute('http.response.status_code', reply.statusCode);
          span.end();
        });
      done();
    });
  });
}
