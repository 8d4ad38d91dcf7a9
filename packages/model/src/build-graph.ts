import type { OnnxGraph, ValueInfo } from '@trestle/onnx';
import { featureNodes } from './feature-nodes.ts';
import { columnsOf, type ImageStep, readsOf } from './feature-step.ts';
import { floats, type GraphBuilder, graphBuilder, int, ints } from './graph-builder.ts';
import type { Preprocessing } from './preprocessing.ts';

/** A dense layer of the estimator. */
export interface DenseLayer {
  /** [inputs, outputs] in row-major order. */
  readonly weights: Float32Array;
  /** [outputs] */
  readonly bias: Float32Array;
  readonly activation: 'relu' | 'none';
}

/** What the last layer's numbers become. */
export type OutputTransform = 'sigmoid' | 'softmax' | 'none';

/** The graph of a tabular model: one input [batch, 1] per feature, preprocessing, dense layers, one output. */
export function buildGraph(
  preprocessing: Preprocessing,
  layers: readonly DenseLayer[],
  transform: OutputTransform,
  output: string,
): OnnxGraph {
  const graph = graphBuilder();
  const { numbers, categories, features = [] } = preprocessing;
  const parts = [
    ...numberParts(graph, preprocessing),
    ...categoryParts(graph, preprocessing),
    ...features.map((step) => featureNodes(graph, step)),
  ];
  let value = parts.length === 1 ? (parts[0] ?? '') : graph.add('Concat', parts, { axis: int(1) });
  for (const layer of layers) {
    const outputs = layer.bias.length;
    const weights = graph.constant('float32', [layer.weights.length / outputs, outputs], layer.weights);
    value = graph.add('Gemm', [value, weights, graph.constant('float32', [outputs], layer.bias)]);
    if (layer.activation === 'relu') value = graph.add('Relu', [value]);
  }
  if (transform === 'sigmoid') value = graph.add('Sigmoid', [value]);
  if (transform === 'softmax') value = graph.add('Softmax', [value], { axis: int(1) });
  graph.nodes.push({
    name: 'output',
    operator: 'Identity',
    domain: '',
    inputs: [value],
    outputs: [output],
    attributes: {},
  });
  const columnsThat = (read: ReturnType<typeof readsOf>): readonly string[] =>
    features.filter((step) => readsOf(step) === read).flatMap(columnsOf);
  const input = (name: string, type: 'float32' | 'string'): ValueInfo => ({ name, type, dims: ['batch', 1] });
  return {
    name: 'model',
    nodes: graph.nodes,
    initializers: graph.initializers,
    inputs: [
      ...unique([...numbers.map((step) => step.name), ...columnsThat('numbers')]).map((name) =>
        input(name, 'float32'),
      ),
      ...unique([...categories.map((step) => step.name), ...columnsThat('texts')]).map((name) =>
        input(name, 'string'),
      ),
      ...features.filter((step) => step.kind === 'image').map(imageInput),
    ],
    outputs: [{ name: output, type: 'float32', dims: ['batch', layers.at(-1)?.bias.length ?? 1] }],
  };
}

/** Images of any size, as they are decoded: those of one call are of one size. */
const imageInput = ({ column, channels }: ImageStep): ValueInfo => ({
  name: column,
  type: 'float32',
  dims: ['batch', `${column} height`, `${column} width`, channels],
});

/** Several features may be made of one column. */
const unique = (names: readonly string[]): readonly string[] => [...new Set(names)];

function numberParts(graph: GraphBuilder, { numbers }: Preprocessing): string[] {
  if (numbers.length === 0) return [];
  const names = numbers.map((step) => step.name);
  const raw =
    names.length === 1 ? graph.add('Identity', names) : graph.add('Concat', names, { axis: int(1) });
  const imputed = graph.add(
    'Imputer',
    [raw],
    {
      imputed_value_floats: floats(numbers.map((step) => step.impute)),
      replaced_value_float: { kind: 'float', value: Number.NaN },
    },
    'ai.onnx.ml',
  );
  const scaled = graph.add(
    'Scaler',
    [imputed],
    { offset: floats(numbers.map((step) => step.mean)), scale: floats(numbers.map((step) => step.scale)) },
    'ai.onnx.ml',
  );
  const missing = graph.add('Cast', [graph.add('IsNaN', [raw])], { to: int(1) });
  const above = numbers.flatMap((step, index) => {
    if (step.thresholds.length === 0) return [];
    const column = graph.add('Gather', [imputed, graph.constant('int64', [1], [index])], { axis: int(1) });
    const edges = graph.constant('float32', [1, step.thresholds.length], Float32Array.from(step.thresholds));
    return [graph.add('Cast', [graph.add('Greater', [column, edges])], { to: int(1) })];
  });
  return [scaled, missing, ...above];
}

function categoryParts(graph: GraphBuilder, { categories }: Preprocessing): string[] {
  return categories.map((step) => {
    const count = step.categories.length;
    const index = graph.add(
      'LabelEncoder',
      [step.name],
      // A table may not be empty; the key of a feature without categories is one that no text equals.
      {
        keys_strings: { kind: 'strings', value: count > 0 ? step.categories : ['\u0000'] },
        values_int64s: count > 0 ? ints(...step.categories.keys()) : ints(0),
        default_int64: int(count),
      },
      'ai.onnx.ml',
    );
    const oneHot = graph.add(
      'OneHotEncoder',
      [index],
      { cats_int64s: ints(...Array(count + 1).keys()), zeros: int(1) },
      'ai.onnx.ml',
    );
    return graph.add('Reshape', [oneHot, graph.constant('int64', [2], [-1, count + 1])]);
  });
}
