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

/** Elements of a tensor in row-major order; undefined when one of them is no number, text, truth value or null. */
export function flatten(data: readonly unknown[]): Element[] | undefined {
  const flat: unknown[] = data.flat(8);
  const parsed = z.array(elementSchema).safeParse(flat);
  return parsed.success ? parsed.data : undefined;
}
