import type { RouteHandler } from '@trestle/kernel';
import { answerRequest, bodyOf } from '../predict/answer-request.ts';
import { routingToken } from '../traffic/routing-token.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

/** `POST /v1/predict/:deployment`. */
export const predictRoute: RouteHandler = async (ctx, request, params) => {
  const assigned = await (await ctx.service(routingToken)).assign(params.deployment ?? '', request.headers);
  const { body } = await answerRequest(ctx, assigned, {
    form: 'rows',
    body: bodyOf(await request.bytes()),
  });
  return { status: 200, headers: JSON_HEADERS, body };
};
