export {
  accuracy,
  averagePrecision,
  brierScore,
  f1Score,
  logLoss,
  meanAbsoluteError,
  rocAuc,
  rootMeanSquaredError,
  rSquared,
} from '@trestle/statistics';
export {
  type AttentionOptions,
  type AttentionParameters,
  attend,
  attention,
  initAttention,
  type MaskOptions,
} from './layer/attention.ts';
export {
  type ConvolutionInit,
  type ConvolutionParameters,
  conv1d,
  conv2d,
  initConv1d,
  initConv2d,
} from './layer/convolution.ts';
export { dropout } from './layer/dropout.ts';
export { type EmbeddingParameters, embedding, initEmbedding } from './layer/embedding.ts';
export { heNormal, type InitOptions, xavierUniform } from './layer/initialize.ts';
export { initLinear, type LinearParameters, linear } from './layer/linear.ts';
export { initMlp, mlp } from './layer/mlp.ts';
export {
  batchNorm,
  batchNormTraining,
  initNorm,
  initStatistics,
  layerNorm,
  type NormOptions,
  type NormParameters,
  type RunningStatistics,
} from './layer/normalization.ts';
export {
  initTransformerBlock,
  type TransformerBlockOptions,
  type TransformerBlockParameters,
  transformerBlock,
} from './layer/transformer.ts';
export * from './loss/losses.ts';
export { NnError } from './nn-error.ts';
export { type AdamOptions, type AdamWOptions, type AdamWState, adam, adamw } from './optimizer/adamw.ts';
export { clipByNorm, clipByValue, globalNorm } from './optimizer/clipping.ts';
export type { Optimizer } from './optimizer/optimizer.ts';
export * from './optimizer/schedules.ts';
export { type SgdOptions, type SgdState, sgd } from './optimizer/sgd.ts';
