import type { Context, GrpcHandler } from '@trestle/kernel';
import { z } from 'zod';
import { answerRequest } from '../predict/answer-request.ts';
import { assignModel, modelMetadata, modelReadiness, SERVER } from '../protocol/inference-service.ts';
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
  const reply = await answerRequest(ctx, assigned, { form: 'tensors', ...request });
  return responseOf(reply, asked.raw_input_contents.length > 0);
};

export const inferInStream: GrpcHandler = async (ctx, message) => ({
  infer_response: await infer(ctx, message),
});
