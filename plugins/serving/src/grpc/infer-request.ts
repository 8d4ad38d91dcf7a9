import { z } from 'zod';
import { DATATYPES, type SentType, typeOf } from '../exchange/open-inference-schema.ts';
import { bytesOf } from '../exchange/tensor-bytes.ts';
import { servingError } from '../serving-error.ts';

// A request of ModelInfer as one of the REST protocol: there is one way from tensors to a model.

const parametersSchema = z
  .record(
    z.string(),
    z.object({
      parameter_choice: z.string().optional(),
      bool_param: z.boolean().optional(),
      int64_param: z.string().optional(),
      string_param: z.string().optional(),
      double_param: z.number().optional(),
      uint64_param: z.string().optional(),
    }),
  )
  .default({});

const list = <T>() => z.custom<readonly T[]>(Array.isArray).default([]);
const contentsSchema = z.object({
  bool_contents: list<boolean>(),
  int_contents: list<number>(),
  int64_contents: list<string>(),
  uint_contents: list<number>(),
  uint64_contents: list<string>(),
  fp32_contents: list<number>(),
  fp64_contents: list<number>(),
  bytes_contents: list<Uint8Array>(),
});
type Contents = z.infer<typeof contentsSchema>;

export const inferMessageSchema = z.object({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string(),
  parameters: parametersSchema,
  inputs: z.array(
    z.object({
      name: z.string(),
      datatype: z.string(),
      shape: z.array(z.string()),
      parameters: parametersSchema,
      contents: contentsSchema.nullish(),
    }),
  ),
  outputs: z.array(z.object({ name: z.string(), parameters: parametersSchema })),
  raw_input_contents: list<Uint8Array>(),
});
export type InferMessage = z.infer<typeof inferMessageSchema>;

/** Which list holds the elements of a datatype (the protocol's table of `InferTensorContents`). */
export const CONTENTS: Readonly<Record<Exclude<SentType, 'float16' | 'bfloat16'>, keyof Contents>> = {
  bool: 'bool_contents',
  int8: 'int_contents',
  int16: 'int_contents',
  int32: 'int_contents',
  int64: 'int64_contents',
  uint8: 'uint_contents',
  uint16: 'uint_contents',
  uint32: 'uint_contents',
  uint64: 'uint64_contents',
  float32: 'fp32_contents',
  float64: 'fp64_contents',
  string: 'bytes_contents',
};

/** @throws TRS_SERVING_TENSOR_INVALID, TRS_SERVING_RAW_CONTENTS */
export function requestOf(message: InferMessage): {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headerBytes: number;
} {
  const { inputs, outputs, raw_input_contents: raw } = message;
  if (raw.length > 0 && raw.length !== inputs.length)
    throw rawContents(`${raw.length} raw contents came for ${inputs.length} inputs`);
  const parts: Uint8Array[] = [];
  const tensors = inputs.map((input, at) => {
    const head = [
      `"name":${JSON.stringify(input.name)}`,
      `"datatype":${JSON.stringify(input.datatype)}`,
      `"shape":[${input.shape.join(',')}]`,
    ];
    const given = parametersOf(input.parameters);
    const bytes = raw[at];
    if (bytes && input.contents && Object.values(input.contents).some((values) => values.length > 0))
      throw rawContents(`the input "${input.name}" has contents beside its raw contents`);
    const elements = bytes ?? elementsOf(input.datatype, input.contents ?? contentsSchema.parse({}));
    if (typeof elements === 'string') head.push(`"data":[${elements}]`);
    else {
      given.binary_data_size = elements.length;
      parts.push(elements);
    }
    if (Object.keys(given).length > 0) head.push(`"parameters":${JSON.stringify(given)}`);
    return `{${head.join(',')}}`;
  });
  const more = {
    ...(message.id === '' ? {} : { id: message.id }),
    // Whatever the answer's elements are put into, they come as bytes.
    parameters: { ...parametersOf(message.parameters), binary_data_output: true },
    ...(outputs.length === 0
      ? {}
      : { outputs: outputs.map(({ name, parameters }) => ({ name, parameters: parametersOf(parameters) })) }),
  };
  const json = Buffer.from(`${JSON.stringify(more).slice(0, -1)},"inputs":[${tensors.join(',')}]}`);
  return { body: joined([json, ...parts]), headerBytes: json.length };
}

/** Elements as bytes, or as what stands between the brackets of JSON where their range is still to be checked. */
function elementsOf(datatype: string, contents: Contents): Uint8Array | string {
  const type = typeOf(datatype);
  if (type === 'float16' || type === 'bfloat16')
    throw rawContents(`${datatype} has no contents of its own in the protocol`);
  const known = type === undefined ? undefined : CONTENTS[type];
  const other = Object.entries(contents).find(([name, values]) => name !== known && values.length > 0)?.[0];
  if (other !== undefined) throw rawContents(`${other} came for a tensor of ${datatype.slice(0, 40)}`);
  if (type === undefined) return '';
  if (type === 'float32') return bytesOf({ type, data: Float32Array.from(contents.fp32_contents) });
  if (type === 'float64') return bytesOf({ type, data: Float64Array.from(contents.fp64_contents) });
  if (type === 'string') return joined(contents.bytes_contents.flatMap((text) => [lengthOf(text), text]));
  return contents[CONTENTS[type]].join(',');
}

function lengthOf(text: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return length;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const parametersOf = (parameters: z.infer<typeof parametersSchema>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      value.bool_param ?? value.int64_param ?? value.string_param ?? value.double_param ?? value.uint64_param,
    ]),
  );

const rawContents = (reason: string) =>
  servingError('RAW_CONTENTS', {
    kind: 'invalid',
    message: `The tensors cannot be read: ${reason}.`,
    hint: `Send each tensor's elements in raw_input_contents, or all of them in the contents of their datatypes (${Object.values(DATATYPES).join(', ')}).`,
  });
