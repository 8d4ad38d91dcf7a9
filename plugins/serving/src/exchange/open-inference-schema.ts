import { z } from 'zod';

// Open Inference Protocol, REST: https://github.com/kserve/open-inference-protocol (inference_rest.md); tensors as bytes are an
// extension of Triton (protocol/extension_binary_data.md of triton-inference-server/server).

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

/** Element types that the protocol has a name for. */
export type SentType = keyof typeof DATATYPES;
export const isSentType = (type: string): type is SentType => Object.hasOwn(DATATYPES, type);

const BY_DATATYPE: ReadonlyMap<string, SentType> = new Map(
  Object.entries(DATATYPES).flatMap(([type, datatype]) => (isSentType(type) ? [[datatype, type]] : [])),
);

/** The element type of a datatype; undefined for one that there is not. */
export const typeOf = (datatype: string): SentType | undefined => BY_DATATYPE.get(datatype);

const parametersSchema = z.record(z.string(), z.unknown()).optional();

const requestedTensorSchema = z.strictObject({
  name: z.string(),
  shape: z.array(z.number().int().min(0)).max(8),
  datatype: z.string(),
  parameters: parametersSchema,
  /** Flat, or nested as the shape says. Its elements are looked at when they are read. */
  data: z.custom<readonly unknown[]>(Array.isArray, 'it must be a list').optional(),
});
export type RequestedTensor = z.infer<typeof requestedTensorSchema>;

export const inferRequestSchema = z.strictObject({
  id: z.string().max(200).optional(),
  parameters: parametersSchema,
  inputs: z.array(requestedTensorSchema).min(1).max(10_000),
  outputs: z
    .array(z.strictObject({ name: z.string(), parameters: parametersSchema }))
    .max(10_000)
    .optional(),
});
export type InferRequest = z.infer<typeof inferRequestSchema>;

/** An output, its elements as they lie in the model's answer. */
export interface ResponseTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: SentType;
  readonly data: Elements;
}

export type Elements = ArrayLike<string | number | bigint | boolean> &
  Iterable<string | number | bigint | boolean>;
