import { type GrpcMessage, invariant } from '@trestle/kernel';
import { z } from 'zod';
import type { Replied } from '../exchange/asked.ts';
import { typeOf } from '../exchange/open-inference-schema.ts';
import { numbersOf, textsOf } from '../exchange/tensor-bytes.ts';
import { CONTENTS } from './infer-request.ts';

const headSchema = z.object({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string().default(''),
  parameters: z.record(z.string(), z.string()),
  outputs: z.array(
    z.object({
      name: z.string(),
      datatype: z.string(),
      shape: z.array(z.number()),
      parameters: z.object({ binary_data_size: z.number() }).optional(),
    }),
  ),
});

/** The answer of a model as a message. @param isRaw whether its elements go as they lie in memory, or in lists of their own */
export function responseOf({ body, headerBytes }: Replied, isRaw: boolean): GrpcMessage {
  const bytes =
    typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.length);
  const json = bytes.subarray(0, headerBytes ?? bytes.length);
  const head = headSchema.parse(JSON.parse(json.toString()));
  // There are no lists for some datatypes, and either all elements are raw or none are.
  const areRaw = isRaw || head.outputs.some(({ datatype }) => listOf(datatype) === undefined);
  let at = json.length;
  const raw: Uint8Array<ArrayBuffer>[] = [];
  const outputs = head.outputs.map(({ parameters, ...output }) => {
    const end = at + (parameters?.binary_data_size ?? 0);
    const own = bytes.subarray(at, end);
    at = end;
    if (!areRaw) return { ...output, contents: contentsOf(output.datatype, output.shape, own) };
    raw.push(own);
    return output;
  });
  return {
    model_name: head.model_name,
    model_version: head.model_version,
    id: head.id,
    parameters: Object.fromEntries(
      Object.entries(head.parameters).map(([name, value]) => [name, { string_param: value }]),
    ),
    outputs,
    raw_output_contents: raw,
  };
}

/** The list for elements of a datatype, if the protocol has one. */
function listOf(datatype: string): keyof typeof CONTENTS | undefined {
  const type = typeOf(datatype);
  return type === 'float16' || type === 'bfloat16' ? undefined : type;
}

function contentsOf(datatype: string, shape: readonly number[], bytes: Uint8Array<ArrayBuffer>): GrpcMessage {
  const type = invariant(listOf(datatype), `a list for ${datatype}`);
  const size = shape.reduce((product, length) => product * length, 1);
  if (type === 'string') return { [CONTENTS.string]: textsOf(bytes, size) };
  // The model's own answer is as long as its shape says.
  const found = numbersOf(bytes, type, size) as ArrayLike<number | bigint>;
  const values = Array.from(found, (value) =>
    typeof value === 'bigint' ? String(value) : type === 'bool' ? Boolean(value) : value,
  );
  return { [CONTENTS[type]]: values };
}
