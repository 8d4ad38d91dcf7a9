import type { Prediction, Row } from '@trestle/model';
import type { Description } from '../inference/task.ts';
import { servingError } from '../serving-error.ts';
import { elementsOf, type RequestedTensor, type ResponseTensor } from './open-inference-schema.ts';

/** A feature's datatype in the protocol; times are milliseconds since 1970. */
const FEATURE_TYPES: Readonly<Record<string, string>> = {
  number: 'FP32',
  boolean: 'BOOL',
  timestamp: 'FP64',
  category: 'BYTES',
  // A PNG or a JPEG in base64.
  image: 'BYTES',
  text: 'BYTES',
};

/** A Trestle model has one input per feature, of shape [rows, 1]. */
export const featureInputs = (description: Description) =>
  description.features.map(({ name, type }) => ({
    name,
    datatype: datatypeOf(description, name, type),
    shape: [-1, 1],
  }));

/** Numbers that float32 could not tell apart come as FP64. */
const datatypeOf = ({ inputs }: Description, name: string, type: string): string =>
  type === 'number' && inputs.some((input) => input.name === name && input.type === 'float64')
    ? 'FP64'
    : (FEATURE_TYPES[type] ?? 'FP32');

const NUMBERS = [
  'FP32',
  'FP64',
  ...['INT8', 'INT16', 'INT32', 'INT64'].flatMap((type) => [type, `U${type}`]),
];
/** What may stand for a feature's own datatype: any other number, as JSON tells no two of them apart. */
const ACCEPTED: Readonly<Record<string, readonly string[]>> = {
  number: NUMBERS,
  timestamp: [...NUMBERS, 'BYTES'],
  boolean: ['BOOL'],
  category: ['BYTES'],
  image: ['BYTES'],
  text: ['BYTES'],
};
/** What whole numbers of a datatype may be, at most this many bits. */
const INTEGER = /^(U?)INT(\d+)$/;

export const predictionOutputs = (description: Description) =>
  description.task === 'regression'
    ? [
        {
          name: 'value',
          datatype: description.outputs.some(({ type }) => type === 'float64') ? 'FP64' : 'FP32',
          shape: [-1],
        },
      ]
    : [
        { name: 'label', datatype: 'BYTES', shape: [-1] },
        { name: 'probability', datatype: 'FP32', shape: [-1] },
      ];

/** Turns columns of tensors into rows. @throws TRS_SERVING_TENSOR_INVALID naming the input */
export function rowsOf(inputs: readonly RequestedTensor[], description: Description): Row[] {
  checkNames(inputs);
  const count = inputs[0]?.shape[0] ?? 0;
  const columns = inputs.map((input) => {
    const feature = description.features.find(({ name }) => name === input.name);
    if (!feature)
      throw invalid(input.name, `the model takes ${description.features.map(({ name }) => name).join(', ')}`);
    const accepted = ACCEPTED[feature.type] ?? [];
    if (!accepted.includes(input.datatype))
      throw invalid(
        input.name,
        `its datatype is ${input.datatype}, the model takes ${datatypeOf(description, feature.name, feature.type)}`,
      );
    const [rows, width = 1, ...more] = input.shape;
    if (rows !== count || width !== 1 || more.length > 0)
      throw invalid(
        input.name,
        `its shape is [${input.shape}]; each feature is [rows] or [rows, 1], with equal rows`,
      );
    const values = elementsOf(input);
    if (typeof values === 'string') throw invalid(input.name, values);
    checkRange(input, values);
    return { name: input.name, values };
  });
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(columns.map(({ name, values }) => [name, values[row] ?? null])),
  );
}

/** @throws TRS_SERVING_TENSOR_INVALID for an input that is given twice: which of the two is meant, nobody knows */
export function checkNames(inputs: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of inputs) {
    if (seen.has(name)) throw invalid(name, 'it is given twice');
    seen.add(name);
  }
}

/** @throws TRS_SERVING_TENSOR_INVALID for an integer that its datatype cannot hold */
export function checkRange({ name, datatype }: RequestedTensor, values: readonly unknown[]): void {
  const [, unsigned, bits] = INTEGER.exec(datatype) ?? [];
  if (bits === undefined) return;
  const [least, most] = unsigned
    ? [0, 2 ** Number(bits) - 1]
    : [-(2 ** (Number(bits) - 1)), 2 ** (Number(bits) - 1) - 1];
  const wrong = values.findIndex(
    (value) =>
      value !== null && !(Number.isInteger(value) && Number(value) >= least && Number(value) <= most),
  );
  if (wrong !== -1)
    throw invalid(name, `element ${wrong} is ${JSON.stringify(values[wrong])}, which no ${datatype} is`);
  // JSON numbers beyond this are read as their neighbours.
  const inexact = values.findIndex((value) => typeof value === 'number' && !Number.isSafeInteger(value));
  if (inexact !== -1)
    throw invalid(name, `element ${inexact} is beyond ±2^53, which JSON does not carry exactly`);
}

export function tensorsOf(predictions: readonly Prediction[], description: Description): ResponseTensor[] {
  return predictionOutputs(description).map(({ name, datatype }) => ({
    name,
    datatype,
    shape: [predictions.length],
    data: predictions.map((prediction) => prediction[name]),
  }));
}

export const invalid = (input: string, reason: string) =>
  servingError('TENSOR_INVALID', {
    kind: 'invalid',
    message: `The input "${input}" cannot be read: ${reason}.`,
    hint: 'See the model’s metadata: GET /v2/models/NAME.',
    details: { input, reason },
  });
