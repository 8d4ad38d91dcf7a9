import { type OnnxModel, writeModel } from '@trestle/onnx';
import { buildGraph, type DenseLayer } from './build-graph.ts';
import { foreignOpset, newerOpset } from './feature-nodes.ts';
import { METADATA_PREFIX, type ModelMetadata } from './metadata.ts';
import type { Preprocessing } from './preprocessing.ts';

/** Output names by task: what a caller of the bare ONNX file sees. */
export const OUTPUT_NAMES = {
  binary: 'probability',
  multiclass: 'probabilities',
  regression: 'value',
} as const;
const TRANSFORMS = { binary: 'sigmoid', multiclass: 'softmax', regression: 'none' } as const;

export interface TabularModel {
  readonly preprocessing: Preprocessing;
  readonly layers: readonly DenseLayer[];
  readonly metadata: ModelMetadata;
}

/**
 * Packages a model as one ONNX file: the preprocessing and the estimator are its graph, everything else its metadata. Equal
 * models give equal bytes.
 */
export function buildModel({ preprocessing, layers, metadata }: TabularModel): Uint8Array {
  const { task } = metadata.schema;
  const { features = [] } = preprocessing;
  const model: OnnxModel = {
    irVersion: 8,
    producer: 'trestle',
    opsets: [
      { domain: '', version: newerOpset(features) ? 20 : 18 },
      { domain: 'ai.onnx.ml', version: 3 },
      ...(foreignOpset(features) ? [{ domain: 'com.microsoft', version: 1 }] : []),
    ],
    graph: buildGraph(preprocessing, layers, TRANSFORMS[task], OUTPUT_NAMES[task]),
    metadata: Object.fromEntries(
      Object.entries(metadata).map(([name, value]) => [METADATA_PREFIX + name, JSON.stringify(value)]),
    ),
  };
  return writeModel(model);
}
