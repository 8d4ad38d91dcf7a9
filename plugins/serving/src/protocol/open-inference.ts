import type { RouteAnswer, RouteHandler } from '@trestle/kernel';
import { answerRequest, bodyOf } from '../predict/answer-request.ts';
import { servingError } from '../serving-error.ts';
import { assignModel, modelMetadata, modelReadiness, type Named, SERVER } from './inference-service.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

const json = (body: unknown): RouteAnswer => ({
  status: 200,
  headers: JSON_HEADERS,
  body: JSON.stringify(body),
});

const namedIn = ({ model = '', version = '' }: Readonly<Record<string, string>>): Named => ({
  model,
  version,
});

export const serverMetadata: RouteHandler = async () => json(SERVER);
export const live: RouteHandler = async () => json({ live: true });
export const ready: RouteHandler = async () => json({ ready: true });

export const metadata: RouteHandler = async (ctx, _request, params) =>
  json(await modelMetadata(ctx, namedIn(params)));

export const modelReady: RouteHandler = async (ctx, _request, params) =>
  json(await modelReadiness(ctx, namedIn(params)));

const HEADER_LENGTH = 'inference-header-content-length';

export const infer: RouteHandler = async (ctx, request, params) => {
  const length = request.headers.get(HEADER_LENGTH) ?? undefined;
  const headerBytes = length === undefined ? undefined : headerLength(length);
  const bytes = await request.bytes();
  const reply = await answerRequest(ctx, await assignModel(ctx, namedIn(params), request.headers), {
    form: 'tensors',
    ...(headerBytes === undefined ? { body: bodyOf(bytes) } : { body: bodyOf(bytes, false), headerBytes }),
  });
  if (reply.headerBytes === undefined) return { status: 200, headers: JSON_HEADERS, body: reply.body };
  const headers = {
    'content-type': 'application/octet-stream',
    [HEADER_LENGTH]: String(reply.headerBytes),
  };
  return { status: 200, headers, body: reply.body };
};

/** @throws TRS_SERVING_HEADER_LENGTH */
function headerLength(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw servingError('HEADER_LENGTH', {
    kind: 'usage',
    message: `Inference-Header-Content-Length is "${text.slice(0, 40)}", which is no number of bytes.`,
    hint: 'It is the length of the JSON in bytes; leave it out where the body is JSON alone.',
  });
}
