import process from 'node:process';
import { type Host, type Problem, problemOf, TrestleError, toTrestleError } from '@trestle/kernel';
import type { FastifyError, FastifyInstance } from 'fastify';
import { serverError } from '../server-error.ts';
import { knownMethods } from './known-methods.ts';

/** In what form something that went wrong at an address is answered. */
export type FormOf = (url: string) => {
  readonly type: string;
  readonly body: (problem: Problem) => Readonly<Record<string, unknown>>;
};

const PROBLEM_DETAILS = {
  type: 'application/problem+json',
  body: (problem: Problem): Readonly<Record<string, unknown>> => problem,
};

/** Problem details, but below the paths of protocols that have a form of their own. */
export function problemForms(host: Host): FormOf {
  const forms = host.plugins.flatMap((plugin) => plugin.problemForms ?? []);
  return (url) => {
    const path = url.split('?')[0] ?? '';
    const form = forms.find(({ under }) => path === under || path.startsWith(`${under}/`));
    return form ? { type: 'application/json', body: form.body } : PROBLEM_DETAILS;
  };
}

/** Answers errors as problem details (RFC 9457); what is not the caller's fault goes to the log. */
export function addProblems(app: FastifyInstance, host: Host, formOf: FormOf): void {
  const methodsAt = knownMethods(app);
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const methods = methodsAt(path);
    if (methods.length > 0) {
      reply.header('allow', methods.join(', '));
      throw serverError('WRONG_METHOD', {
        kind: 'wrong-method',
        message: `${path.slice(0, 200)} does not take ${request.method}.`,
        hint: `It takes ${methods.join(', ')}.`,
      });
    }
    throw serverError('NOT_FOUND', {
      kind: 'not-found',
      message: `There is no ${request.method} ${path.slice(0, 200)}.`,
      hint: 'See /docs for what there is.',
    });
  });
  app.setErrorHandler((thrown: FastifyError, request, reply) => {
    const error = readable(thrown);
    const problem = problemOf(shownError(error), request.id);
    if (problem.status >= 500 && error.kind !== 'unavailable') {
      host.log.warn('a request failed', {
        request: request.id,
        url: request.routeOptions.url,
        code: error.code,
        message: error.message,
      });
      if (Number(process.env.TRESTLE_DEBUG ?? 0) >= 1) process.stderr.write(`${thrown.stack}\n`);
    }
    if (error.retryAfterS !== undefined) reply.header('retry-after', String(error.retryAfterS));
    const { type, body } = formOf(request.url);
    return reply.code(problem.status).type(type).send(body(problem));
  });
}

/** An error as callers may see it. */
export const shownError = (error: TrestleError): TrestleError =>
  error.code === 'TRS_INTERNAL' ? hidden(error) : error;

/** What an unexpected error says may tell of paths and innards: that is for the log, which names the request too. */
const hidden = (error: TrestleError): TrestleError =>
  new TrestleError(error.code, {
    kind: error.kind,
    message: 'Something unexpected went wrong in the server.',
    hint: 'The server’s log says more under the id of this request.',
  });

/** Fastify's own refusals carry a status; ours carry a code. */
function readable(thrown: FastifyError): TrestleError {
  const { statusCode } = thrown;
  if (thrown instanceof TrestleError || statusCode === undefined || statusCode >= 500)
    return toTrestleError(thrown);
  return serverError('REQUEST_REFUSED', {
    kind: statusCode === 413 ? 'too-large' : 'usage',
    message: thrown.message,
    hint: 'Check the request; see /docs.',
    cause: thrown,
  });
}
