import type { RouteHandler } from '@trestle/kernel';
import { z } from 'zod';
import { routingToken } from '../inference/routing-token.ts';
import { answerRows } from '../predict/answer-rows.ts';
import { readJson } from './read-json.ts';

const bodySchema = z.strictObject({ rows: z.array(z.record(z.string(), z.unknown())).min(1) });

/** `POST /v1/predict/:deployment`. */
export const predictRoute: RouteHandler = async (ctx, request, params) => {
  const { rows } = await readJson(request, bodySchema, '{"rows": [{"feature": value, …}]}');
  const deployment = await (await ctx.service(routingToken)).current(params.deployment ?? '');
  const { id, predictions, notes } = await answerRows(ctx, deployment, rows);
  const { name, version } = deployment.model;
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      id,
      model: { name, version },
      predictions,
      ...(notes.length > 0 ? { notes } : {}),
    }),
  };
};
