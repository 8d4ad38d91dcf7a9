import type { RouteHandler } from '@trestle/kernel';
import { answerRequest, bodyOf, ownTime, TIMEOUT_HEADER } from '../predict/answer-request.ts';
import { routingToken } from '../traffic/routing-token.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

/** `POST /v1/predict/:deployment`; a caller that accepts server-sent events reads a text while it is written. */
export const predictRoute: RouteHandler = async (ctx, request, params) => {
  const assigned = await (await ctx.service(routingToken)).assign(params.deployment ?? '', request.headers);
  if (/\btext\/event-stream\b/.test(request.headers.get('accept') ?? '')) {
    const { streamedText } = await import('./streamed-text.ts');
    return await streamedText(ctx, assigned, bodyOf(await request.bytes()));
  }
  const { body } = await answerRequest(ctx, assigned, {
    form: 'rows',
    body: bodyOf(await request.bytes()),
    ...ownTime(request.headers.get(TIMEOUT_HEADER)),
  });
  return { status: 200, headers: JSON_HEADERS, body };
};
