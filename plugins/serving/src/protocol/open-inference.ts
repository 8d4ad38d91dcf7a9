import { type Deployment, modelsToken } from '@trestle/contracts';
import type { Context, RouteAnswer, RouteHandler } from '@trestle/kernel';
import { featureInputs, predictionOutputs } from '../exchange/feature-tensors.ts';
import { describeTensors } from '../exchange/graph-tensors.ts';
import { DATATYPES } from '../exchange/open-inference-schema.ts';
import { inferencePoolToken } from '../inference/inference-pool-token.ts';
import { routingToken } from '../inference/routing-token.ts';
import { answerRequest, bodyOf } from '../predict/answer-request.ts';
import { servingError } from '../serving-error.ts';

type Params = Readonly<Record<string, string>>;

const json = (body: unknown): RouteAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** The deployment that the protocol calls a model, at the version that the path names if it names one. */
async function find(ctx: Context, params: Params): Promise<Deployment> {
  const deployment = await (await ctx.service(routingToken)).current(params.model ?? '');
  const { name, version } = deployment.model;
  if (params.version === undefined || params.version === String(version)) return deployment;
  const other = await (await ctx.service(modelsToken)).resolve(`${name}@${params.version}`);
  return { ...deployment, model: { name, version: other.version, digest: other.digest } };
}

async function describe(ctx: Context, { model, executor }: Deployment) {
  return await (await ctx.service(inferencePoolToken)).describe(model.digest, executor);
}

export const serverMetadata: RouteHandler = async () =>
  json({ name: 'trestle', version: '0.1.0', extensions: ['binary_tensor_data'] });

export const live: RouteHandler = async () => json({ live: true });
export const ready: RouteHandler = async () => json({ ready: true });

export const modelMetadata: RouteHandler = async (ctx, _request, params) => {
  const deployment = await find(ctx, params);
  const description = await describe(ctx, deployment);
  const isOurs = description.task !== undefined;
  return json({
    name: deployment.deployment,
    versions: [String(deployment.model.version)],
    platform: 'onnx',
    parameters: { executor: description.executor },
    inputs: isOurs ? featureInputs(description) : describeTensors(description.inputs),
    outputs: isOurs
      ? predictionOutputs(description).map(({ name, type }) => ({
          name,
          datatype: DATATYPES[type],
          shape: [-1],
        }))
      : describeTensors(description.outputs),
  });
};

/** Ready means that a worker has the model open. */
export const modelReady: RouteHandler = async (ctx, _request, params) => {
  const deployment = await find(ctx, params);
  await describe(ctx, deployment);
  return json({ name: deployment.deployment, ready: true });
};

export const HEADER_LENGTH = 'inference-header-content-length';

export const infer: RouteHandler = async (ctx, request, params) => {
  const length = request.headers.get(HEADER_LENGTH) ?? undefined;
  const bytes = await request.bytes();
  const headerBytes = length === undefined ? undefined : headerLength(length);
  const deployment = await find(ctx, params);
  const reply = await answerRequest(ctx, deployment, {
    form: 'tensors',
    ...(headerBytes === undefined ? { body: bodyOf(bytes) } : { body: bodyOf(bytes, false), headerBytes }),
  });
  if (reply.headerBytes === undefined)
    return { status: 200, headers: { 'content-type': 'application/json' }, body: reply.body };
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
