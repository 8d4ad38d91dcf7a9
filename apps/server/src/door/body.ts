import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { isTooDeep, MAX_JSON_DEPTH } from '@trestle/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { serverError } from '../server-error.ts';
import { bodyTooLarge, readBody } from './read-body.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Content types that the route takes; '' is a body without one. */
    readonly accepts?: readonly string[];
    /** The route takes bodies that are packed (gzip, deflate): unpacked they may be as large as its limit. */
    readonly unpacks?: boolean;
    /** The route looks at the bytes itself, off the thread that accepts requests. */
    readonly readsBytes?: boolean;
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

const UNPACKERS: Readonly<Record<string, typeof gunzip>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: inflate,
};

/** Takes bodies of the content types that a route declares, as bytes, within the route's limit. */
export function addBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: FastifyRequest, _payload, done) => {
    takeBody(request).then((body) => done(null, body), done);
  });
}

async function takeBody(request: FastifyRequest): Promise<Buffer> {
  const { config, bodyLimit } = request.routeOptions;
  const { accepts = JSON_ONLY, unpacks = false, readsBytes = false } = config;
  const type = typeOf(request);
  if (!accepts.includes(type)) {
    throw serverError('CONTENT_TYPE', {
      kind: 'unsupported',
      message: `This route does not take "${type.slice(0, 100) || 'a body without content type'}".`,
      hint: `Send content-type: ${accepts.filter((one) => one !== '').join(' or ')}.`,
    });
  }
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  const unpacker = unpacks ? UNPACKERS[encoding] : undefined;
  if (encoding !== 'identity' && !unpacker) throw isEncoded(encoding, unpacks);
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > bodyLimit) throw bodyTooLarge(bodyLimit);
  const sent = await readBody(request.raw, bodyLimit, announced);
  const body = unpacker ? await unpacked(unpacker, sent, bodyLimit) : sent;
  if (type === JSON_TYPE && !isUtf8Named(request)) throw notUtf8();
  if (type === JSON_TYPE && !readsBytes) {
    // RFC 8259: JSON between systems is UTF-8. What is decoded otherwise would be other texts.
    if (!isUtf8(body)) throw notUtf8();
    if (isTooDeep(body))
      throw serverError('BODY_TOO_DEEP', {
        kind: 'usage',
        message: `The body nests deeper than ${MAX_JSON_DEPTH} levels.`,
        hint: 'Send a flatter object.',
      });
  }
  return body;
}

const isEncoded = (encoding: string, unpacks: boolean) =>
  serverError('CONTENT_ENCODING', {
    kind: 'unsupported',
    message: `The body is encoded as "${encoding.slice(0, 100)}".`,
    // A few bytes can unpack to gigabytes, so elsewhere nothing is unpacked.
    hint: unpacks
      ? 'Send it as gzip, as deflate, or as it is.'
      : 'Send it as it is, without content-encoding.',
  });

/** Never more than `maxBytes`, whatever the bytes say of themselves. */
async function unpacked(unpack: typeof gunzip, body: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await promisify<Buffer, { maxOutputLength: number }, Buffer>(unpack)(body, {
      maxOutputLength: maxBytes,
    });
  } catch (cause) {
    if (cause instanceof RangeError) throw bodyTooLarge(maxBytes);
    throw serverError('BODY_NOT_UNPACKED', {
      kind: 'usage',
      message: 'The body is not what its content-encoding says.',
      hint: 'Send it as it is, or packed whole.',
      cause,
    });
  }
}
