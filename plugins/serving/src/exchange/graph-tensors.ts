import type { TensorData, ValueData } from '@trestle/onnx';
import { servingError } from '../serving-error.ts';
import type { Description, GraphValue } from './description.ts';
import { exactElements, type InputTensor, invalid } from './input-tensor.ts';
import { DATATYPES, isSentType, type ResponseTensor } from './open-inference-schema.ts';

const datatypeOf = (type: string): string => (isSentType(type) ? DATATYPES[type] : type);

/** Inputs or outputs of a graph as the protocol describes them: what the caller chooses is -1. */
export const describeTensors = (values: readonly GraphValue[]) =>
  values.map(({ name, type, dims }) => ({
    name,
    datatype: datatypeOf(type),
    shape: dims.map((dim) => (typeof dim === 'number' ? dim : -1)),
  }));

/** What the graph of a model from elsewhere is fed with. @throws TRS_SERVING_TENSOR_INVALID */
export const feedsOf = (
  inputs: readonly InputTensor[],
  description: Description,
): Record<string, Omit<TensorData, 'name'>> =>
  Object.fromEntries(
    inputs.map((input) => {
      const known = description.inputs.find((value) => value.name === input.name);
      if (!known)
        throw invalid(
          input.name,
          `the model takes ${description.inputs.map((value) => value.name).join(', ')}`,
        );
      if (input.type !== known.type)
        throw invalid(
          input.name,
          `its datatype is ${input.datatype}, the model takes ${datatypeOf(known.type)}`,
        );
      return [input.name, { type: input.type, dims: input.shape, data: exactElements(input) }];
    }),
  );

/** @throws TRS_SERVING_OUTPUT_NOT_A_TENSOR */
export const graphOutputs = (outputs: Readonly<Record<string, ValueData>>): ResponseTensor[] =>
  Object.entries(outputs).map(([name, { type, dims, data }]) => {
    if (data && isSentType(type)) return { name, type, shape: dims, data };
    throw servingError('OUTPUT_NOT_A_TENSOR', {
      kind: 'invalid',
      message: `The output "${name}" is ${type}, which the protocol does not carry.`,
      hint: 'Ask for the other outputs, or export the model so that it gives tensors (skl2onnx: zipmap=False).',
      details: { output: name },
    });
  });
