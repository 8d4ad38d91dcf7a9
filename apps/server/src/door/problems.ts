import process from 'node:process';
import { type Host, problemOf, TrestleError, toTrestleError } from '@trestle/kernel';
import type { FastifyError, FastifyInstance } from 'fastify';
import { serverError } from '../server-error.ts';

/** Answers errors as problem details (RFC 9457); what is not the caller's fault goes to the log. */
export function addProblems(app: FastifyInstance, host: Host): void {
  app.setNotFoundHandler((request) => {
    throw serverError('NOT_FOUND', {
      kind: 'not-found',
      message: `There is no ${request.method} ${request.url.split('?')[0]?.slice(0, 200)}.`,
      hint: 'See /docs for what there is.',
    });
  });
  app.setErrorHandler((thrown: FastifyError, request, reply) => {
    const error = readable(thrown);
    const problem = problemOf(error, request.id);
    if (problem.status >= 500 && error.kind !== 'unavailable') {
      host.log.warn('a request failed', {
        request: request.id,
        url: request.routeOptions.url,
        code: error.code,
      });
      if (Number(process.env.TRESTLE_DEBUG ?? 0) >= 1) process.stderr.write(`${thrown.stack}\n`);
    }
    if (error.retryAfterS !== undefined) reply.header('retry-after', String(error.retryAfterS));
    return reply.code(problem.status).type('application/problem+json').send(problem);
  });
}

/** Fastify's own refusals carry a status; ours carry a code. */
function readable(thrown: FastifyError): TrestleError {
  const { statusCode } = thrown;
  if (thrown instanceof TrestleError || statusCode === undefined || statusCode >= 500)
    return toTrestleError(thrown);
  const kind = statusCode === 429 ? 'overloaded' : statusCode === 413 ? 'too-large' : 'usage';
  return serverError(statusCode === 429 ? 'RATE_LIMITED' : 'REQUEST_REFUSED', {
    kind,
    message: thrown.message,
    hint:
      statusCode === 429
        ? 'Send fewer requests, or raise server.rateLimit.'
        : 'Check the request; see /docs.',
    cause: thrown,
  });
}
