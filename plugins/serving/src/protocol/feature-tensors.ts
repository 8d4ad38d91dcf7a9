import type { Prediction, Row } from '@trestle/model';
import type { Description } from '../inference/task.ts';
import { servingError } from '../serving-error.ts';
import { flatten, type RequestedTensor, type ResponseTensor } from './open-inference-schema.ts';

/** A feature's datatype in the protocol; times are milliseconds since 1970. */
const FEATURE_TYPES: Readonly<Record<string, string>> = {
  number: 'FP32',
  boolean: 'BOOL',
  timestamp: 'FP64',
  category: 'BYTES',
  // A PNG or a JPEG in base64.
  image: 'BYTES',
};

/** A Trestle model has one input per feature, of shape [rows, 1]. */
export const featureInputs = (description: Description) =>
  description.features.map(({ name, type }) => ({
    name,
    datatype: FEATURE_TYPES[type] ?? 'FP32',
    shape: [-1, 1],
  }));

export const predictionOutputs = (description: Description) =>
  description.task === 'regression'
    ? [{ name: 'value', datatype: 'FP32', shape: [-1] }]
    : [
        { name: 'label', datatype: 'BYTES', shape: [-1] },
        { name: 'probability', datatype: 'FP32', shape: [-1] },
      ];

/** Turns columns of tensors into rows. @throws TRS_SERVING_TENSOR_INVALID naming the input */
export function rowsOf(inputs: readonly RequestedTensor[]): Row[] {
  const count = inputs[0]?.shape[0] ?? 0;
  const columns = inputs.map((input) => {
    const values = flatten(input.data);
    const [rows, width = 1, ...more] = input.shape;
    if (rows !== count || width !== 1 || more.length > 0)
      throw invalid(
        input.name,
        `its shape is [${input.shape}]; each feature is [rows] or [rows, 1], with equal rows`,
      );
    if (values?.length !== count)
      throw invalid(input.name, `it has ${values?.length ?? 'unreadable'} elements for ${count} rows`);
    return { name: input.name, values };
  });
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(columns.map(({ name, values }) => [name, values[row] ?? null])),
  );
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
