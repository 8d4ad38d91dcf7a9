export { coreExecutor, type Executor, type ExecutorInput } from './executor/executor.ts';
export { type OnnxRuntime, onnxRuntime } from './executor/onnx-runtime.ts';
export { DEFAULT_LIMITS, type Limits } from './format/budget.ts';
export { ELEMENT_TYPES, elementBytes, integerRange, isElementType } from './format/element-types.ts';
export { type ExternalData, type ExternalPart, externalParts } from './format/external-data.ts';
export {
  floats,
  type GraphBuilder,
  type GraphPart,
  graphBuilder,
  int,
  ints,
  strings,
} from './format/graph-builder.ts';
export * from './format/model.ts';
export { readModel } from './format/read-model.ts';
export { fromRaw } from './format/read-tensor.ts';
export { appendMetadata, rawBytes, writeModel } from './format/write-model.ts';
export { OnnxError } from './onnx-error.ts';
export { murmurHash3 } from './operators/murmur-hash.ts';
export { type Blend, resizeBlends } from './operators/resize-weights.ts';
export { type Compressed, compressWeights, type WeightFormat } from './rewrite/compress-weights.ts';
export { type Quantized, quantize, quantizedValues, type Ranges } from './rewrite/quantize.ts';
export { type Rewritten, rewrite } from './rewrite/rewrite.ts';
export type { Feed } from './session/check-feeds.ts';
export { openSession, type Session, type SessionOptions } from './session/session.ts';
