import { type Deployment, modelsToken } from '@trestle/contracts';
import { type Context, didYouMean, type RouteHandler } from '@trestle/kernel';
import type { Prediction } from '@trestle/model';
import { inferencePoolToken } from '../inference/inference-pool-token.ts';
import { routingToken } from '../inference/routing-token.ts';
import type { Description } from '../inference/task.ts';
import { answerRows } from '../predict/answer-rows.ts';
import { servingError } from '../serving-error.ts';
import { featureInputs, predictionOutputs, rowsOf, tensorsOf } from './feature-tensors.ts';
import { describeTensors, feedsOf, responseTensors } from './graph-tensors.ts';
import { withInferenceErrors } from './inference-errors.ts';
import { type InferRequest, inferRequestSchema, type ResponseTensor } from './open-inference-schema.ts';
import { readJson } from './read-json.ts';

type Params = Readonly<Record<string, string>>;

/** The deployment that the protocol calls a model, at the version that the path names if it names one. */
async function find(ctx: Context, params: Params): Promise<Deployment> {
  const deployment = await (await ctx.service(routingToken)).current(params.model ?? '');
  const { name, version } = deployment.model;
  if (params.version === undefined || params.version === String(version)) return deployment;
  const other = await (await ctx.service(modelsToken)).resolve(`${name}@${params.version}`);
  return { ...deployment, model: { name, version: other.version, digest: other.digest } };
}

async function describe(ctx: Context, { model }: Deployment): Promise<Description> {
  const pool = await ctx.service(inferencePoolToken);
  return (await pool.run(model.digest, { kind: 'describe' })).description;
}

export const serverMetadata: RouteHandler = async () =>
  Response.json({ name: 'trestle', version: '0.1.0', extensions: [] });

export const live: RouteHandler = async () => Response.json({ live: true });
export const ready: RouteHandler = async () => Response.json({ ready: true });

export const modelMetadata = withInferenceErrors(async (ctx, _request, params) => {
  const deployment = await find(ctx, params);
  const description = await describe(ctx, deployment);
  const isOurs = description.task !== undefined;
  return Response.json({
    name: deployment.deployment,
    versions: [String(deployment.model.version)],
    platform: 'onnx',
    inputs: isOurs ? featureInputs(description) : describeTensors(description.inputs),
    outputs: isOurs ? predictionOutputs(description) : describeTensors(description.outputs),
  });
});

/** Ready means that a worker has the model open. */
export const modelReady = withInferenceErrors(async (ctx, _request, params) => {
  const deployment = await find(ctx, params);
  await describe(ctx, deployment);
  return Response.json({ name: deployment.deployment, ready: true });
});

export const infer = withInferenceErrors(async (ctx, request, params) => {
  if (request.headers.has('inference-header-content-length')) {
    throw servingError('BINARY_UNAVAILABLE', {
      kind: 'invalid',
      message: 'Binary tensor data is not available yet.',
      hint: 'Send the tensors as JSON, without the header Inference-Header-Content-Length.',
    });
  }
  const body = await readJson(
    request,
    inferRequestSchema,
    '{"inputs": [{"name", "shape", "datatype", "data"}]}',
  );
  checkParameters(body);
  const deployment = await find(ctx, params);
  const wanted = body.outputs?.map((output) => output.name);
  const { id, outputs, notes } = await inferTensors(ctx, deployment, body, wanted);
  return Response.json({
    model_name: deployment.deployment,
    model_version: String(deployment.model.version),
    id: body.id ?? id,
    // What labels and traces name, also when the caller gave an id of their own.
    parameters: {
      ...(id === undefined ? {} : { prediction: id }),
      ...(notes.length > 0 ? { notes: notes.join(' ') } : {}),
    },
    outputs: wanted ? wanted.flatMap((name) => outputs.filter((output) => output.name === name)) : outputs,
  });
});

/** @throws TRS_SERVING_OUTPUT_UNKNOWN for an output that the model does not have, or that is asked for twice */
function checkOutputs(wanted: readonly string[], description: Description): void {
  const names = (description.task === undefined ? description.outputs : predictionOutputs(description)).map(
    ({ name }) => name,
  );
  for (const [place, name] of wanted.entries()) {
    const isTwice = wanted.indexOf(name) !== place;
    if (names.includes(name) && !isTwice) continue;
    throw servingError('OUTPUT_UNKNOWN', {
      kind: 'invalid',
      message: isTwice
        ? `The output "${name}" is asked for twice.`
        : `The model has no output "${name}".${didYouMean(name, names)}`,
      hint: `Its outputs: ${names.join(', ')}.`,
      details: { output: name },
    });
  }
}

/** Parameters that say what is not done are refused: an answer without it would be another one than was asked for. */
function checkParameters(body: InferRequest): void {
  const all = [
    ...Object.entries(body.parameters ?? {}).map(([name, value]) => ({ name, value, of: 'the request' })),
    ...body.inputs.flatMap((input) =>
      Object.entries(input.parameters ?? {}).map(([name, value]) => ({
        name,
        value,
        of: `the input "${input.name}"`,
      })),
    ),
    ...(body.outputs ?? []).flatMap((output) =>
      Object.entries(output.parameters ?? {}).map(([name, value]) => ({
        name,
        value,
        of: `the output "${output.name}"`,
      })),
    ),
  ];
  // Switched off, they ask for what is done anyway.
  const unknown = all.find(({ value }) => value !== false);
  if (!unknown) return;
  throw servingError('PARAMETER_UNKNOWN', {
    kind: 'invalid',
    message: `The parameter "${unknown.name}" of ${unknown.of} is not known here.`,
    hint: 'Leave it out: tensors are JSON both ways, and there is no other parameter.',
    details: { parameter: unknown.name },
  });
}

async function inferTensors(
  ctx: Context,
  deployment: Deployment,
  body: InferRequest,
  wanted: readonly string[] | undefined,
): Promise<{ id: string | undefined; outputs: ResponseTensor[]; notes: readonly string[] }> {
  const description = await describe(ctx, deployment);
  // Refused before the model is asked, and before anything is logged.
  checkOutputs(wanted ?? [], description);
  if (description.task === undefined) {
    const pool = await ctx.service(inferencePoolToken);
    const inputs = feedsOf(body.inputs, description);
    const { outputs } = await pool.run(deployment.model.digest, { kind: 'run', inputs });
    return { id: undefined, outputs: responseTensors(outputs), notes: [] };
  }
  const { id, predictions, notes } = await answerRows(ctx, deployment, rowsOf(body.inputs, description));
  return {
    id,
    outputs: tensorsOf(predictions, description),
    notes: [...notes, ...imputedNotes(predictions)],
  };
}

/** Tensors have no place for what stands beside each answer of `/v1`: features that were missing and never were in training. */
const imputedNotes = (predictions: readonly Prediction[]): readonly string[] =>
  predictions.flatMap(({ imputed }, row) =>
    Array.isArray(imputed)
      ? [
          `Row ${row}: ${imputed.join(', ')} was missing, and never was in training; its usual value stands for it.`,
        ]
      : [],
  );
