import type { RouteHandler, RouteRequest } from '@trestle/kernel';
import { monitorError } from '../monitor-error.ts';
import { watchedOf } from '../watched.ts';
import { parseFeedbackBody } from './read-label-file.ts';
import { receiveLabels } from './receive-labels.ts';

/** `POST /v1/feedback/:deployment`: the labels of earlier predictions, whenever they are known. */
export const feedbackRoute: RouteHandler = async (ctx, request, params) => {
  const { deployment } = await watchedOf(ctx, params.deployment ?? '');
  const labels = parseFeedbackBody(await jsonOf(request));
  return Response.json(await receiveLabels(ctx, ctx, deployment, labels));
};

async function jsonOf(request: RouteRequest): Promise<unknown> {
  const text = await request.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw monitorError('BODY_NOT_JSON', {
      kind: 'invalid',
      message: 'The body is not JSON.',
      hint: 'Send {"labels": [{"id": "p-…", "label": "yes"}]} with content-type application/json.',
      cause,
    });
  }
}
