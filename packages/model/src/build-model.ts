import { type GraphBuilder, type GraphPart, graphBuilder, type ValueInfo, writeModel } from '@trestle/onnx';
import { METADATA_PREFIX, type ModelMetadata } from './metadata.ts';

/** Output names by task: what a caller of the bare ONNX file sees. */
export const OUTPUT_NAMES = {
  binary: 'probability',
  multiclass: 'probabilities',
  regression: 'value',
} as const;

/** From raw inputs to the design matrix. */
export interface DesignPart {
  readonly inputs: readonly ValueInfo[];
  /** @returns the name of the design matrix, [batch, columns] */
  readonly design: (graph: GraphBuilder) => string;
}

export interface ModelParts extends DesignPart {
  /** From the design matrix to what the task's output holds: probabilities [batch, outputs], or values [batch, 1]. */
  readonly head: GraphPart;
  /** 1, or how many classes there are. */
  readonly outputs: number;
  /** What the head gives; float32 when left out. */
  readonly outputType?: 'float32' | 'float64';
  readonly metadata: ModelMetadata;
}

/**
 * Packages a model as one ONNX file: preprocessing and estimator are its graph, everything else its metadata. Equal models give
 * equal bytes.
 */
export function buildModel({
  inputs,
  design,
  head,
  outputs,
  outputType = 'float32',
  metadata,
}: ModelParts): Uint8Array {
  const graph = graphBuilder([
    { domain: '', version: 18 },
    { domain: 'ai.onnx.ml', version: 3 },
  ]);
  const output = OUTPUT_NAMES[metadata.schema.task];
  const value = head(graph, design(graph));
  graph.nodes.push({
    name: 'output',
    operator: 'Identity',
    domain: '',
    inputs: [value],
    outputs: [output],
    attributes: {},
  });
  return writeModel({
    irVersion: 8,
    producer: 'trestle',
    opsets: graph.opsets(),
    graph: {
      name: 'model',
      nodes: graph.nodes,
      initializers: graph.initializers,
      inputs,
      outputs: [{ name: output, type: outputType, dims: ['batch', outputs] }],
    },
    metadata: Object.fromEntries(
      Object.entries(metadata).map(([name, value]) => [METADATA_PREFIX + name, JSON.stringify(value)]),
    ),
  });
}
