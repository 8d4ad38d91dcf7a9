import { type GraphPart, int } from '@trestle/onnx';
import type { ModelSchema } from './metadata.ts';

export interface DenseLayer {
  /** [inputs, outputs] in row-major order. */
  readonly weights: Float32Array;
  /** [outputs] */
  readonly bias: Float32Array;
  readonly activation: 'relu' | 'none';
}

/** Dense layers, and what the last one's numbers are for a task: probabilities, or values. */
export const denseLayers =
  (layers: readonly DenseLayer[], task: ModelSchema['task']): GraphPart =>
  (graph, input) => {
    let value = input;
    for (const { weights, bias, activation } of layers) {
      const outputs = bias.length;
      const kernel = graph.constant('float32', [weights.length / outputs, outputs], weights);
      value = graph.add('Gemm', [value, kernel, graph.constant('float32', [outputs], bias)]);
      if (activation === 'relu') value = graph.add('Relu', [value]);
    }
    if (task === 'binary') return graph.add('Sigmoid', [value]);
    return task === 'multiclass' ? graph.add('Softmax', [value], { axis: int(1) }) : value;
  };

/** value * scale + centre in float64: numbers that float32 could not tell apart come out as they are. */
export const inFloat64 =
  (head: GraphPart, { centre, scale }: { readonly centre: number; readonly scale: number }): GraphPart =>
  (graph, input) => {
    const scalar = (value: number): string => graph.constant('float64', [1], Float64Array.of(value));
    const value = graph.add('Cast', [head(graph, input)], { to: int(11) });
    return graph.add('Add', [graph.add('Mul', [value, scalar(scale)]), scalar(centre)]);
  };
