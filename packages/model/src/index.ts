export { buildModel, type DesignPart, type ModelParts } from './build-model.ts';
export type { Row } from './check-rows.ts';
export { type DenseLayer, denseLayers, inFloat64 } from './dense-layers.ts';
export {
  alignCounts,
  countOf,
  DRIFT_LEVELS,
  DRIFT_TOP_VALUES,
  edgeBelow,
  type HashCounter,
  type HashedCounts,
  hashCounter,
  hashedCounts,
} from './drift-bins.ts';
export { decodeImage, type Pixels } from './image/decode-image.ts';
export { decodeImages, type ImageSize } from './image/decode-images.ts';
export { imageGroups } from './image/image-groups.ts';
export { isImageText } from './image/image-header.ts';
export { type ImageStatistics, imageStatistics } from './image/image-statistics.ts';
export { RESIZING } from './image/resize-pixels.ts';
export { interfaceDifferences, interfaceOf, type ModelInterface } from './interface.ts';
export * from './metadata.ts';
export { type Model, openModel, type Prediction, type Verification } from './model.ts';
export { ModelError } from './model-error.ts';
export type { TextPiece } from './text/generate.ts';
export { TOKEN_INPUTS } from './text/text-feeds.ts';
export type { TextPart } from './text/text-metadata.ts';
export { wholeText } from './text/whole-text.ts';
export { isWrittenTime, readWritten, WRITTEN_EXAMPLES, type Written, writtenWay } from './written.ts';
