import type { TensorData, ValueData } from '@trestle/onnx';
import type { Description } from '../inference/task.ts';
import { servingError } from '../serving-error.ts';
import { checkNames, checkRange, invalid } from './feature-tensors.ts';
import { DATATYPES, elementsOf, type RequestedTensor, type ResponseTensor } from './open-inference-schema.ts';

type Value = Description['inputs'][number];

/** Element types that the protocol has a name for. */
type SentType = keyof typeof DATATYPES;
const isSentType = (type: string): type is SentType => Object.hasOwn(DATATYPES, type);
const datatypeOf = (type: string): string => (isSentType(type) ? DATATYPES[type] : type);

/** Inputs or outputs of a graph as the protocol describes them: what the caller chooses is -1. */
export const describeTensors = (values: readonly Value[]) =>
  values.map(({ name, type, dims }) => ({
    name,
    datatype: datatypeOf(type),
    shape: dims.map((dim) => (typeof dim === 'number' ? dim : -1)),
  }));

/** What the graph of a model from elsewhere is fed with. @throws TRS_SERVING_TENSOR_INVALID */
export function feedsOf(
  inputs: readonly RequestedTensor[],
  description: Description,
): Record<string, Omit<TensorData, 'name'>> {
  checkNames(inputs);
  return Object.fromEntries(
    inputs.map((input) => {
      const known = description.inputs.find((value) => value.name === input.name);
      if (!known || !isSentType(known.type))
        throw invalid(
          input.name,
          `the model takes ${description.inputs.map((value) => value.name).join(', ')}`,
        );
      if (input.datatype !== DATATYPES[known.type])
        throw invalid(
          input.name,
          `its datatype is ${input.datatype}, the model takes ${DATATYPES[known.type]}`,
        );
      const values = elementsOf(input);
      if (typeof values === 'string') throw invalid(input.name, values);
      checkRange(input, values);
      return [
        input.name,
        { type: known.type, dims: input.shape, data: dataOf(known.type, values, input.name) },
      ];
    }),
  );
}

function dataOf(type: SentType, values: readonly unknown[], name: string): TensorData['data'] {
  if (type === 'string') {
    return values.map((value) => {
      if (typeof value === 'string') return value;
      throw invalid(name, 'one of its elements is no text');
    });
  }
  const numbers = values.map((value, at) => {
    const fits =
      type === 'bool' ? typeof value === 'boolean' || value === 0 || value === 1 : typeof value === 'number';
    const number = Number(value);
    if (!fits) throw invalid(name, `element ${at} is ${JSON.stringify(value)}, and no ${DATATYPES[type]}`);
    if (!Number.isFinite(type === 'float32' ? Math.fround(number) : number))
      throw invalid(name, `element ${at} is ${number}, which is beyond ${DATATYPES[type]}`);
    return number;
  });
  if (type === 'float32') return Float32Array.from(numbers);
  return type === 'float64' ? Float64Array.from(numbers) : numbers;
}

/** @throws TRS_SERVING_TENSOR_INVALID, TRS_SERVING_OUTPUT_NOT_FINITE for what JSON or the protocol cannot carry as it is */
export const responseTensors = (outputs: Readonly<Record<string, ValueData>>): ResponseTensor[] =>
  Object.entries(outputs).map(([name, { type, dims, data }]) => {
    if (!data || !isSentType(type)) throw invalid(name, `it is ${type}, which the protocol does not carry`);
    checkFinite(name, data);
    return {
      name,
      datatype: DATATYPES[type],
      shape: dims,
      data: Array.from<string | number | bigint, unknown>(data, (value) => {
        if (typeof value !== 'bigint') return type === 'bool' ? value !== 0 : value;
        if (Number.isSafeInteger(Number(value))) return Number(value);
        throw invalid(name, `it holds ${value}, which readers of JSON would round`);
      }),
    };
  });

function checkFinite(output: string, data: TensorData['data']): void {
  for (const [element, value] of data.entries()) {
    if (typeof value !== 'number' || Number.isFinite(value)) continue;
    throw servingError('OUTPUT_NOT_FINITE', {
      kind: 'invalid',
      message: `The model answers ${value} in element ${element} of the output "${output}", and JSON has no such number.`,
      hint: 'Look at the inputs: one of them is far from what the model was made for.',
      details: { output, element },
    });
  }
}
