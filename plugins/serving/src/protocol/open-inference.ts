import type { RouteAnswer, RouteHandler, RouteRequest } from '@trestle/kernel';
import { z } from 'zod';
import { checkBody, parseBody } from '../exchange/read-json.ts';
import { answerRequest, bodyOf, ownTime, TIMEOUT_HEADER } from '../predict/answer-request.ts';
import { servingError } from '../serving-error.ts';
import { assignModel, modelMetadata, modelReadiness, type Named, SERVER } from './inference-service.ts';
import { modelConfiguration, modelStatistics } from './model-facts.ts';
import { loadModel, repositoryIndex, unloadModel } from './repository.ts';

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

export const metadata: RouteHandler = async (ctx, _request, params) => {
  const { isBatched: _, ...told } = await modelMetadata(ctx, namedIn(params));
  return json(told);
};

export const configuration: RouteHandler = async (ctx, _request, params) =>
  json(await modelConfiguration(ctx, namedIn(params)));

export const statistics: RouteHandler = async (ctx, _request, params) =>
  json(await modelStatistics(ctx, namedIn(params)));

const indexSchema = z.strictObject({ ready: z.boolean().default(false) });
const changeSchema = z.strictObject({ parameters: z.record(z.string(), z.unknown()).default({}) });

/** A body that may be left out. */
async function readBody<T extends z.ZodType>(
  request: RouteRequest,
  schema: T,
  example: string,
): Promise<z.output<T>> {
  const bytes = await request.bytes();
  return checkBody(bytes.length === 0 ? {} : parseBody(bytes, example), schema, example);
}

export const index: RouteHandler = async (ctx, request) => {
  const { ready } = await readBody(request, indexSchema, '{"ready": true}');
  return json(await repositoryIndex(ctx, ready));
};

export const load: RouteHandler = async (ctx, request, params) => {
  const { parameters } = await readBody(request, changeSchema, '{}');
  await loadModel(ctx, params.model ?? '', parameters);
  return json({});
};

export const unload: RouteHandler = async (ctx, request, params) => {
  const { parameters } = await readBody(request, changeSchema, '{}');
  await unloadModel(ctx, params.model ?? '', parameters);
  return json({});
};

export const modelReady: RouteHandler = async (ctx, _request, params) =>
  json(await modelReadiness(ctx, namedIn(params)));

const HEADER_LENGTH = 'inference-header-content-length';

export const infer: RouteHandler = async (ctx, request, params) => {
  const length = request.headers.get(HEADER_LENGTH) ?? undefined;
  const headerBytes = length === undefined ? undefined : headerLength(length);
  const bytes = await request.bytes();
  const reply = await answerRequest(ctx, await assignModel(ctx, namedIn(params), request.headers), {
    form: 'tensors',
    ...ownTime(request.headers.get(TIMEOUT_HEADER)),
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
