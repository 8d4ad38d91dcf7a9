import type { RouteHandler } from '@trestle/kernel';
import { watchedOf } from '../watched.ts';
import { entriesOfEvents, isEvent } from './cloud-events.ts';
import { keepLogged } from './keep-logged.ts';
import { entriesOfBody, entriesOfLines } from './read-logged.ts';

/** `POST /v1/log/:deployment`: predictions that were made elsewhere, as JSON, JSON lines, or the events that KServe sends. */
export const logRoute: RouteHandler = async (ctx, request, params) => {
  const watched = await watchedOf(ctx, params.deployment ?? '');
  const text = await request.text();
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (isEvent(type, request.headers))
    return Response.json(await entriesOfEvents(ctx, watched, type, request.headers, text));
  const entries = type === 'application/json' ? entriesOfBody(text) : entriesOfLines(text);
  return Response.json(await keepLogged(ctx, ctx, watched, entries));
};
