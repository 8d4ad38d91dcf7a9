import type { TensorData } from '@trestle/onnx';
import { servingError } from '../serving-error.ts';
import { type RequestedTensor, type SentType, typeOf } from './open-inference-schema.ts';
import { numbersOf, textsOf, utf8Of } from './tensor-bytes.ts';
import { type Element, elementsOf, misfitOfType } from './tensor-json.ts';

/** A tensor of a request: what it is said to be, and its elements, as JSON or as bytes. */
export type InputTensor = Omit<RequestedTensor, 'parameters' | 'data'> & {
  readonly type: SentType;
  readonly data: readonly unknown[] | Uint8Array<ArrayBuffer>;
};

/**
 * Names each tensor's elements: those that came as bytes lie behind the JSON, one tensor's after the other's.
 *
 * @throws TRS_SERVING_TENSOR_INVALID naming the input
 */
export function inputTensors(
  inputs: readonly RequestedTensor[],
  bytes: Uint8Array<ArrayBuffer>,
): readonly InputTensor[] {
  const seen = new Set<string>();
  let at = 0;
  const tensors = inputs.map(({ parameters, data, ...input }): InputTensor => {
    const { name } = input;
    if (seen.has(name)) throw invalid(name, 'it is given twice');
    seen.add(name);
    const type = typeOf(input.datatype);
    if (!type) throw invalid(name, `there is no datatype ${JSON.stringify(input.datatype.slice(0, 40))}`);
    const size = parameters?.binary_data_size;
    if (size === undefined) {
      if (!data) throw invalid(name, 'it has neither "data" nor the parameter "binary_data_size"');
      return { ...input, type, data };
    }
    if (data) throw invalid(name, 'it has both "data" and the parameter "binary_data_size"');
    if (!Number.isSafeInteger(size) || Number(size) < 0)
      throw invalid(name, 'its parameter "binary_data_size" is no number of bytes');
    const end = at + Number(size);
    if (end > bytes.length)
      throw invalid(
        name,
        `it says that it has ${size} bytes, and ${bytes.length - at} are left behind the JSON`,
      );
    const own = bytes.subarray(at, end);
    at = end;
    return { ...input, type, data: own };
  });
  if (at === bytes.length) return tensors;
  throw servingError('BODY_LENGTH', {
    kind: 'invalid',
    message: `${bytes.length - at} bytes are left behind the JSON and what the inputs say of theirs.`,
    hint: 'Inference-Header-Content-Length is the length of the JSON in bytes; "binary_data_size" is that of each tensor.',
  });
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** The elements of a tensor, as its type holds them. @throws TRS_SERVING_TENSOR_INVALID naming the input */
export function exactElements({ name, type, shape, data }: InputTensor): TensorData['data'] {
  if (data instanceof Uint8Array) {
    const size = sizeOf(shape);
    const found = type === 'string' ? textsOf(data, size) : numbersOf(data, type, size);
    if (typeof found === 'string') throw invalid(name, found);
    if (type !== 'string') return found as TensorData['data'];
    return (found as readonly Buffer[]).map((text, at) => {
      const read = utf8Of(text);
      if (read === undefined) throw invalid(name, `element ${at} is no UTF-8`);
      return read;
    });
  }
  const values = jsonElements(name, data, shape);
  const misfit = misfitOfType(values, type);
  if (misfit !== undefined) throw invalid(name, misfit);
  return arrayOf(type, values);
}

/** Elements that came as JSON. @throws TRS_SERVING_TENSOR_INVALID naming the input */
export function jsonElements(
  name: string,
  data: readonly unknown[],
  shape: readonly number[],
): readonly Element[] {
  const values = elementsOf(data, shape);
  if (typeof values === 'string') throw invalid(name, values);
  return values;
}

/** Values that were checked against the type. */
function arrayOf(type: SentType, values: readonly Element[]): TensorData['data'] {
  if (type === 'string') return values.map(String);
  if (type === 'float32') return Float32Array.from(values, Number);
  if (type === 'float64') return Float64Array.from(values, Number);
  if (type === 'int64') return BigInt64Array.from(values as (number | bigint)[], BigInt);
  if (type === 'uint64') return BigUint64Array.from(values as (number | bigint)[], BigInt);
  return values.map(Number);
}

export const invalid = (input: string, reason: string) =>
  servingError('TENSOR_INVALID', {
    kind: 'invalid',
    message: `The input "${input.slice(0, 100)}" cannot be read: ${reason}.`,
    hint: 'See the model’s metadata: GET /v2/models/NAME.',
    details: { input: input.slice(0, 100), reason },
  });
