import type { Context, GrpcHandler } from '@trestle/kernel';
import { z } from 'zod';
import { checkBody } from '../exchange/read-json.ts';
import { answerRequest } from '../predict/answer-request.ts';
import { assignModel, modelMetadata, modelReadiness, SERVER } from '../protocol/inference-service.ts';
import { loadModel, repositoryIndex, unloadModel } from '../protocol/repository.ts';
import { inferMessageSchema, requestOf } from './infer-request.ts';
import { responseOf } from './infer-response.ts';

const namedSchema = z.object({ name: z.string(), version: z.string() });
const namedIn = (message: unknown) => {
  const { name, version } = namedSchema.parse(message);
  return { model: name, version };
};

export const serverMetadata: GrpcHandler = async () => SERVER;
export const live: GrpcHandler = async () => ({ live: true });
export const ready: GrpcHandler = async () => ({ ready: true });

export const modelReady: GrpcHandler = async (ctx, message) => {
  const { ready } = await modelReadiness(ctx, namedIn(message));
  return { ready };
};

export const metadata: GrpcHandler = async (ctx, message) => await modelMetadata(ctx, namedIn(message));

export const infer: GrpcHandler = async (ctx: Context, message) => {
  const asked = inferMessageSchema.parse(message);
  const request = requestOf(asked);
  const assigned = await assignModel(ctx, { model: asked.model_name, version: asked.model_version });
  const timeoutMs = ctx.deadline === undefined ? undefined : Math.max(1, ctx.deadline - Date.now());
  const reply = await answerRequest(ctx, assigned, {
    form: 'tensors',
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...request,
  });
  return responseOf(reply, asked.raw_input_contents.length > 0);
};

export const inferInStream: GrpcHandler = async (ctx, message) => ({
  infer_response: await infer(ctx, message),
});

const EXAMPLE = 'what the protocol’s proto file says';
const parametersSchema = z.record(z.string(), z.unknown()).default({});
// There is one repository, and it has no name.
const repository_name = z.literal('', 'there is one repository, without a name');
const indexSchema = z.object({ repository_name, ready: z.boolean() });
const changeSchema = z.object({ repository_name, model_name: z.string(), parameters: parametersSchema });

export const index: GrpcHandler = async (ctx, message) => ({
  models: await repositoryIndex(ctx, checkBody(message, indexSchema, EXAMPLE).ready),
});

export const load: GrpcHandler = async (ctx, message) => {
  const { model_name: model, parameters } = checkBody(message, changeSchema, EXAMPLE);
  await loadModel(ctx, model, parameters);
  return {};
};

export const unload: GrpcHandler = async (ctx, message) => {
  const { model_name: model, parameters } = checkBody(message, changeSchema, EXAMPLE);
  await unloadModel(ctx, model, parameters);
  return {};
};
