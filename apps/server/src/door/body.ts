import type { FastifyInstance, FastifyRequest } from 'fastify';
import { serverError } from '../server-error.ts';
import { bodyTooLarge, readBody } from './read-body.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Content types that the route takes. */
    readonly accepts?: readonly string[];
  }
}

const JSON_ONLY = ['application/json'];

const typeOf = (request: FastifyRequest): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

/** Takes bodies of the content types that a route declares, as bytes, within the route's limit. */
export function addBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (request: FastifyRequest) => {
    const accepts = request.routeOptions.config.accepts ?? JSON_ONLY;
    if (!accepts.includes(typeOf(request))) {
      throw serverError('CONTENT_TYPE', {
        kind: 'unsupported',
        message: `This route does not take "${typeOf(request).slice(0, 100) || 'a body without content type'}".`,
        hint: `Send content-type: ${accepts.join(' or ')}.`,
      });
    }
    const { bodyLimit } = request.routeOptions;
    if (Number(request.headers['content-length'] ?? 0) > bodyLimit) throw bodyTooLarge(bodyLimit);
    return await readBody(request.raw, bodyLimit);
  });
}
