import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { serverError } from '../server-error.ts';
import { checkJsonDepth } from './json-depth.ts';
import { bodyTooLarge, readBody } from './read-body.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Content types that the route takes. */
    readonly accepts?: readonly string[];
  }
}

const JSON_TYPE = 'application/json';
const JSON_ONLY = [JSON_TYPE];

const typeOf = (request: FastifyRequest): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

const isUtf8Named = (request: FastifyRequest): boolean => {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
  return charset === undefined || /^(utf-?8|us-ascii|ascii)$/i.test(charset);
};

const notUtf8 = () =>
  serverError('BODY_NOT_UTF8', {
    kind: 'unsupported',
    message: 'The body is not UTF-8.',
    hint: 'Encode JSON as UTF-8, and name no other charset.',
  });

/** Takes bodies of the content types that a route declares, as bytes, within the route's limit. */
export function addBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (request: FastifyRequest) => {
    const accepts = request.routeOptions.config.accepts ?? JSON_ONLY;
    const type = typeOf(request);
    if (!accepts.includes(type)) {
      throw serverError('CONTENT_TYPE', {
        kind: 'unsupported',
        message: `This route does not take "${type.slice(0, 100) || 'a body without content type'}".`,
        hint: `Send content-type: ${accepts.join(' or ')}.`,
      });
    }
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (encoding.toLowerCase() !== 'identity') {
      throw serverError('CONTENT_ENCODING', {
        kind: 'unsupported',
        message: `The body is encoded as "${encoding.slice(0, 100)}".`,
        // A few bytes can unpack to gigabytes, so nothing is unpacked here.
        hint: 'Send it as it is, without content-encoding.',
      });
    }
    const { bodyLimit } = request.routeOptions;
    if (Number(request.headers['content-length'] ?? 0) > bodyLimit) throw bodyTooLarge(bodyLimit);
    const body = await readBody(request.raw, bodyLimit);
    if (type === JSON_TYPE) {
      // RFC 8259: JSON between systems is UTF-8. What is decoded otherwise would be other texts.
      if (!isUtf8(body) || !isUtf8Named(request)) throw notUtf8();
      checkJsonDepth(body);
    }
    return body;
  });
}
