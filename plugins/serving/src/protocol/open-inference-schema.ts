import { z } from 'zod';

// Open Inference Protocol, REST, JSON form: https://github.com/kserve/open-inference-protocol (inference_rest.md).

/** The protocol's datatypes that ONNX graphs here take and give; BF16 is an extension that Triton has too. */
export const DATATYPES = {
  float32: 'FP32',
  float64: 'FP64',
  float16: 'FP16',
  bfloat16: 'BF16',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  bool: 'BOOL',
  string: 'BYTES',
} as const;

const elementSchema = z.union([z.number(), z.string(), z.boolean(), z.null()]);
export type Element = z.infer<typeof elementSchema>;

const requestedTensorSchema = z.object({
  name: z.string(),
  shape: z.array(z.number().int().min(0)).min(1).max(8),
  datatype: z.string(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  /** Flat, or nested as the shape says. */
  data: z.array(z.unknown()),
});
export type RequestedTensor = z.infer<typeof requestedTensorSchema>;

export const inferRequestSchema = z.object({
  id: z.string().max(200).optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
  inputs: z.array(requestedTensorSchema).min(1).max(10_000),
  outputs: z
    .array(z.object({ name: z.string(), parameters: z.record(z.string(), z.unknown()).optional() }))
    .optional(),
});
export type InferRequest = z.infer<typeof inferRequestSchema>;

export interface ResponseTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly data: readonly unknown[];
}

/**
 * Elements of a tensor in row-major order, flat or nested as its shape says; otherwise what is wrong with them, in words that follow
 * the name of the input.
 */
export function elementsOf({ data, shape }: RequestedTensor): Element[] | string {
  const isNested = data.some(Array.isArray);
  if (isNested) {
    const misfit = misfitOf(data, shape, []);
    if (misfit !== undefined) return misfit;
  }
  const flat: unknown[] = data.flat(8);
  const parsed = z.array(elementSchema).safeParse(flat);
  if (!parsed.success)
    return `element ${String(parsed.error.issues[0]?.path[0])} is no number, text, truth value or null`;
  const size = shape.reduce((product, length) => product * length, 1);
  if (flat.length === size) return parsed.data;
  return `it has ${flat.length} elements, its shape [${shape.join(', ')}] has ${size}`;
}

/** Where a nested list is not as its shape says. */
function misfitOf(data: unknown, shape: readonly number[], at: readonly number[]): string | undefined {
  const [length, ...rest] = shape;
  const where = at.length === 0 ? 'its data' : `its data at [${at.join(', ')}]`;
  if (length === undefined)
    return Array.isArray(data) ? `${where} is a list, deeper than its shape` : undefined;
  if (!Array.isArray(data)) return `${where} is no list, as its shape [${shape.join(', ')}] says`;
  if (data.length !== length) return `${where} has ${data.length} members, its shape says ${length}`;
  for (const [index, member] of data.entries()) {
    const misfit = misfitOf(member, rest, [...at, index]);
    if (misfit !== undefined) return misfit;
  }
  return undefined;
}
