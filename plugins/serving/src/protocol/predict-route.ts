import type { RouteHandler } from '@trestle/kernel';
import { routingToken } from '../inference/routing-token.ts';
import { answerRequest, bodyOf } from '../predict/answer-request.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

/** `POST /v1/predict/:deployment`. */
export const predictRoute: RouteHandler = async (ctx, request, params) => {
  const deployment = await (await ctx.service(routingToken)).current(params.deployment ?? '');
  const { body } = await answerRequest(ctx, deployment, {
    form: 'rows',
    body: bodyOf(await request.bytes()),
  });
  return { status: 200, headers: JSON_HEADERS, body };
};
