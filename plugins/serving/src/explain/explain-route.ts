import { type Deployment, modelsToken } from '@trestle/contracts';
import { firstIssue, issueWords, type RouteHandler, type Scope, type ServiceScope } from '@trestle/kernel';
import { openModel, type Prediction, type Row } from '@trestle/model';
import { z } from 'zod';
import { inferencePoolToken } from '../inference/inference-pool-token.ts';
import { newPredictionId } from '../predict/answer-request.ts';
import { servingError } from '../serving-error.ts';
import { routingToken } from '../traffic/routing-token.ts';
import { backgroundOf, checkExplained, explainRow, type Predict, usualExamples } from './explain-rows.ts';
import { type Explained, explainedToken } from './explained-token.ts';

/** An explanation asks the model for thousands of answers: more rows are for the command line. */
const MAX_ROWS = 20;
const MAX_KEPT = 32;

export function openExplained(scope: ServiceScope): (deployment: Deployment) => Promise<Explained> {
  const kept = new Map<string, Promise<Explained>>();
  const look = async ({ model }: Deployment): Promise<Explained> => {
    const models = await scope.service(modelsToken);
    const version = await models.resolve(`${model.name}@${model.version}`);
    const opened = await openModel(await models.bytes(version));
    try {
      checkExplained(opened.features);
      return { features: opened.features, background: backgroundOf(usualExamples(opened)) };
    } finally {
      await opened.close();
    }
  };
  return async (deployment) => {
    const { digest } = deployment.model;
    const known = kept.get(digest) ?? look(deployment);
    kept.set(digest, known);
    // What could not be looked at is tried again; the oldest goes where there are many.
    known.catch(() => kept.delete(digest));
    for (const oldest of kept.keys()) if (kept.size > MAX_KEPT) kept.delete(oldest);
    return await known;
  };
}

const bodySchema = z.strictObject({
  rows: z.array(z.record(z.string(), z.unknown())).min(1).max(MAX_ROWS),
});
const repliedSchema = z.looseObject({ predictions: z.array(z.record(z.string(), z.unknown())) });

/** `POST /v1/explain/:deployment`: the threads that predict answer, and nothing of it is a prediction that is logged. */
export const explainRoute: RouteHandler = async (ctx, request, params) => {
  const { deployment } = await (await ctx.service(routingToken)).assign(
    params.deployment ?? '',
    request.headers,
  );
  const rows = rowsIn(await request.text());
  const { features, background } = await (await ctx.service(explainedToken))(deployment);
  const predict = await predictBy(ctx, deployment);
  const explained = [];
  for (const row of rows) {
    ctx.signal.throwIfAborted();
    explained.push(await explainRow(features, row, background, predict));
  }
  const { name, version } = deployment.model;
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: { name, version }, background: background.length, rows: explained }),
  };
};

async function predictBy(scope: Scope, { deployment, model, executor }: Deployment): Promise<Predict> {
  const pool = await scope.service(inferencePoolToken);
  return async (rows): Promise<readonly Prediction[]> => {
    const reply = await pool.answer(
      model.digest,
      {
        form: 'rows',
        body: JSON.stringify({ rows }),
        id: newPredictionId(),
        deployment,
        model: { name: model.name, version: model.version },
      },
      executor,
    );
    const text = typeof reply.body === 'string' ? reply.body : new TextDecoder().decode(reply.body);
    return repliedSchema.parse(JSON.parse(text)).predictions;
  };
}

/** @throws TRS_SERVING_EXPLAIN_BODY */
function rowsIn(text: string): readonly Row[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw badBody('it is no JSON');
  }
  const read = bodySchema.safeParse(body, { error: issueWords });
  if (read.success) return read.data.rows;
  const { field, reason } = firstIssue(read.error);
  throw badBody(field === '' ? reason : `"${field}": ${reason}`);
}

const badBody = (why: string) =>
  servingError('EXPLAIN_BODY', {
    kind: 'invalid',
    message: `The rows to be explained cannot be read: ${why}.`,
    hint: `Send {"rows": [{"feature": value}]}, at most ${MAX_ROWS} of them; "trestle explain" takes files.`,
  });
