import { didYouMean } from '@trestle/kernel';
import type { Prediction } from '@trestle/model';
import type { Feed, ValueData } from '@trestle/onnx';
import { servingError } from '../serving-error.ts';
import type { Asked, Replied } from './asked.ts';
import type { Description } from './description.ts';
import { predictionOutputs, rowsOf, tensorsOf } from './feature-tensors.ts';
import { feedsOf, graphOutputs } from './graph-tensors.ts';
import { inputTensors } from './input-tensor.ts';
import {
  DATATYPES,
  type InferRequest,
  inferRequestSchema,
  type ResponseTensor,
} from './open-inference-schema.ts';
import { checkBody, parseBody } from './read-json.ts';
import { checkCount, logged, type RowQuestion, roundedNotes } from './rows.ts';
import { bytesOf } from './tensor-bytes.ts';
import { elementsText } from './tensor-json.ts';

/** What the graph of a model from elsewhere is asked, and what becomes of its answer. */
export interface GraphQuestion {
  readonly kind: 'graph';
  readonly feeds: Readonly<Record<string, Feed>>;
  reply(outputs: Readonly<Record<string, ValueData>>): Replied;
}

const EXAMPLE = '{"inputs": [{"name", "shape", "datatype", "data"}]}';

/** What a request of the Open Inference Protocol asks. @throws TRS_SERVING_… naming what is wrong */
export function tensorsAsked(
  asked: Asked,
  description: Description,
  maxRows: number,
): RowQuestion | GraphQuestion {
  const [json, bytes] = partsOf(asked);
  const request = checkBody(parseBody(json, EXAMPLE, true), inferRequestSchema, EXAMPLE);
  checkParameters(request);
  checkOutputs(request, description);
  const inputs = inputTensors(request.inputs, bytes);
  if (description.task === undefined)
    return {
      kind: 'graph',
      feeds: feedsOf(inputs, description),
      reply: (outputs) =>
        replyOf(asked, request, graphOutputs(wanted(request, outputs)), { rows: 1, isLogged: false }),
    };
  const rows = rowsOf(inputs, description);
  checkCount(rows.length, maxRows);
  return {
    kind: 'rows',
    rows,
    reply(found) {
      const { predictions } = found;
      const tensors = tensorsOf(predictions, description);
      const isLogged = rows.length > 0;
      const notes = [...roundedNotes(rows, found), ...imputedNotes(predictions)];
      const reply = replyOf(asked, request, tensors, { rows: rows.length, isLogged, notes });
      return isLogged ? { ...reply, logged: logged(rows, found) } : reply;
    },
  };
}

/** The outputs of a graph that were asked for: the others may be what the protocol does not carry. */
const wanted = ({ outputs: asked }: InferRequest, outputs: Readonly<Record<string, ValueData>>) =>
  asked && asked.length > 0
    ? Object.fromEntries(Object.entries(outputs).filter(([name]) => asked.some((one) => one.name === name)))
    : outputs;

const NO_BYTES = new Uint8Array();

/** @throws TRS_SERVING_BODY_LENGTH where the header names more JSON than came */
function partsOf({ body, headerBytes }: Asked): readonly [string | Uint8Array, Uint8Array<ArrayBuffer>] {
  if (headerBytes === undefined || typeof body === 'string') return [body, NO_BYTES];
  if (headerBytes <= body.length) return [body.subarray(0, headerBytes), body.subarray(headerBytes)];
  throw servingError('BODY_LENGTH', {
    kind: 'invalid',
    message: `Inference-Header-Content-Length says ${headerBytes} bytes, and the body has ${body.length}.`,
    hint: 'It is the length of the JSON in bytes.',
  });
}

/** @throws TRS_SERVING_OUTPUT_UNKNOWN for an output that the model does not have, or that is asked for twice */
function checkOutputs({ outputs = [] }: InferRequest, description: Description): void {
  const names = (description.task === undefined ? description.outputs : predictionOutputs(description)).map(
    ({ name }) => name,
  );
  const seen = new Set<string>();
  for (const { name } of outputs) {
    const isTwice = seen.has(name);
    seen.add(name);
    if (names.includes(name) && !isTwice) continue;
    throw servingError('OUTPUT_UNKNOWN', {
      kind: 'invalid',
      message: isTwice
        ? `The output "${name}" is asked for twice.`
        : `The model has no output "${name.slice(0, 100)}".${didYouMean(name, names)}`,
      hint: `Its outputs: ${names.join(', ')}.`,
      details: { output: name.slice(0, 100) },
    });
  }
}

/** Parameters that say what is not done are refused: an answer without it would be another one than was asked for. */
function checkParameters(request: InferRequest): void {
  const check = (parameters: Readonly<Record<string, unknown>> = {}, known: string, of: string): void => {
    for (const [name, value] of Object.entries(parameters)) {
      // Switched off, they ask for what is done anyway.
      if (value === false) continue;
      if (name === known && (known === 'binary_data_size' || value === true)) continue;
      throw servingError('PARAMETER_UNKNOWN', {
        kind: 'invalid',
        message: `The parameter ${JSON.stringify(name.slice(0, 100))} of ${of} is not known here.`,
        hint: 'Leave it out. Known are "binary_data_output" of a request, "binary_data_size" of an input and "binary_data" of an output, which are true or false.',
        details: { parameter: name.slice(0, 100) },
      });
    }
  };
  check(request.parameters, 'binary_data_output', 'the request');
  for (const { name, parameters } of request.inputs)
    check(parameters, 'binary_data_size', `the input "${name}"`);
  for (const { name, parameters } of request.outputs ?? [])
    check(parameters, 'binary_data', `the output "${name}"`);
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

/** The answer: the outputs that were asked for in the order in which they were, each as JSON or behind it as bytes. */
function replyOf(
  asked: Asked,
  request: InferRequest,
  tensors: readonly ResponseTensor[],
  {
    rows,
    isLogged,
    notes = [],
  }: { readonly rows: number; readonly isLogged: boolean; readonly notes?: readonly string[] },
): Replied {
  const areBytes = request.parameters?.binary_data_output === true;
  const chosen = request.outputs?.length
    ? request.outputs.flatMap(({ name, parameters }) =>
        tensors
          .filter((tensor) => tensor.name === name)
          .map((tensor) => ({ tensor, isBytes: (parameters?.binary_data ?? areBytes) === true })),
      )
    : tensors.map((tensor) => ({ tensor, isBytes: areBytes }));
  const parts: Uint8Array[] = [];
  const outputs = chosen.map(({ tensor, isBytes }) => {
    const head = `{"name":${JSON.stringify(tensor.name)},"datatype":"${DATATYPES[tensor.type]}","shape":[${tensor.shape.join(',')}]`;
    if (!isBytes) return `${head},"data":${elementsText(tensor)}}`;
    const bytes = bytesOf(tensor);
    parts.push(bytes);
    return `${head},"parameters":{"binary_data_size":${bytes.length}}}`;
  });
  const parameters = {
    // What labels and traces name, also when the caller gave an id of their own.
    ...(isLogged ? { prediction: asked.id } : {}),
    ...(notes.length > 0 ? { notes: notes.join(' ') } : {}),
  };
  const id = request.id ?? (isLogged ? asked.id : undefined);
  const head = {
    model_name: asked.deployment,
    model_version: String(asked.model.version),
    ...(id === undefined ? {} : { id }),
    parameters,
  };
  const json = `${JSON.stringify(head).slice(0, -1)},"outputs":[${outputs.join(',')}]}`;
  if (parts.length === 0) return { kind: 'replied', rows, body: json };
  return { kind: 'replied', rows, ...joinedBytes(json, parts) };
}

function joinedBytes(json: string, parts: readonly Uint8Array[]) {
  const headerBytes = Buffer.byteLength(json);
  const body = Buffer.allocUnsafeSlow(parts.reduce((sum, part) => sum + part.length, headerBytes));
  body.write(json);
  let at = headerBytes;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return { body: body as Uint8Array<ArrayBuffer>, headerBytes };
}
