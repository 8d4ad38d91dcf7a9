import { firstIssue, issueWords, type RouteHandler } from '@trestle/kernel';
import { z } from 'zod';
import { trackingError } from '../tracking-error.ts';
import { envelopeSchema, RUN_ID } from './message.ts';
import { receive } from './receive.ts';
import { fileState, receivePart } from './receive-file.ts';

const json = (body: unknown) => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

export const takeEnvelope: RouteHandler = async (ctx, request) => {
  let body: unknown;
  try {
    body = await request.json();
  } catch {
    throw badMessage('it is no JSON');
  }
  const read = envelopeSchema.safeParse(body, { error: issueWords });
  if (read.success) return json(await receive(ctx, read.data));
  const { field, reason } = firstIssue(read.error);
  throw badMessage(`"${field}": ${reason}`);
};

export const askFile: RouteHandler = async (ctx, request, params) =>
  json(await fileState(ctx, partOf(params, request.url)));

export const takePart: RouteHandler = async (ctx, request, params) =>
  json(await receivePart(ctx, partOf(params, request.url), new Uint8Array(await request.arrayBuffer())));

const partSchema = z.object({
  run: z.string().regex(RUN_ID, 'it must look like r-…'),
  digest: z.string().regex(/^[0-9a-f]{64}$/, 'it must be a SHA-256 in hex'),
  bytes: z.coerce.number().int().min(0),
  offset: z.coerce.number().int().min(0).default(0),
});

function partOf(params: Readonly<Record<string, string>>, url: string) {
  const read = partSchema.safeParse(
    { ...Object.fromEntries(new URL(url).searchParams), ...params },
    { error: issueWords },
  );
  if (read.success) return read.data;
  const { field, reason } = firstIssue(read.error);
  throw badMessage(`"${field}": ${reason}`);
}

const badMessage = (why: string) =>
  trackingError('MESSAGE', {
    kind: 'invalid',
    message: `What the process of a run tells cannot be read: ${why}.`,
    hint: 'See the guide "Log your own training"; @trestle/plugin-tracking/log sends it as it has to be.',
  });
