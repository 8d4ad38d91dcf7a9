import type { OnnxGraph, OnnxModel, OnnxNode, TensorData } from '../format/model.ts';

/** A graph as rules see it: who makes and who reads each value. */
export interface GraphView {
  readonly graph: OnnxGraph;
  /** The version of ai.onnx. */
  readonly opset: number;
  /** Initialisers that nobody can feed anything else in the place of. */
  readonly weights: ReadonlyMap<string, TensorData>;
  readonly makers: ReadonlyMap<string, OnnxNode>;
  readonly readers: ReadonlyMap<string, readonly OnnxNode[]>;
  /** Values that keep their name: outputs of the graph, and what graphs in nodes read from around them. */
  readonly kept: ReadonlySet<string>;
}

/** A rewriting that leaves the answers of a graph as they are, within the rounding of float32. */
export interface Rule {
  /** As `TRESTLE_DEBUG=1` prints it. */
  readonly name: string;
  /** @returns the graph afterwards, how often the rule has hit, and operator sets that it needs now; undefined where it has not hit */
  readonly apply: (
    view: GraphView,
  ) =>
    | { readonly graph: OnnxGraph; readonly hits: number; readonly opsets?: OnnxModel['opsets'] }
    | undefined;
}

/** Operators that draw random numbers: two of the same are not the same, and none is a constant. */
const RANDOM = new Set([
  ...['Bernoulli', 'Dropout', 'Multinomial', 'RandomNormal', 'RandomNormalLike', 'RandomUniform'],
  'RandomUniformLike',
]);

/** Whether a node gives the same for the same inputs, and has no graphs that reach around it. */
export const isPure = ({ operator, attributes }: OnnxNode): boolean =>
  !RANDOM.has(operator) && Object.values(attributes).every(({ kind }) => kind !== 'graph');

export function viewOf(model: OnnxModel): GraphView {
  const { graph } = model;
  const fed = new Set(graph.inputs.map(({ name }) => name));
  const makers = new Map<string, OnnxNode>();
  const readers = new Map<string, OnnxNode[]>();
  const kept = new Set(graph.outputs.map(({ name }) => name));
  const keepInner = (inner: OnnxGraph): void => {
    for (const { name } of inner.outputs) kept.add(name);
    for (const node of inner.nodes) {
      for (const input of node.inputs) kept.add(input);
      visit(node);
    }
  };
  const visit = (node: OnnxNode): void => {
    for (const attribute of Object.values(node.attributes))
      if (attribute.kind === 'graph') keepInner(attribute.value);
  };
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output) makers.set(output, node);
    for (const input of node.inputs) {
      if (!input) continue;
      // One list grows: a list made anew for each reader of a value is squared time in a model that anyone may send.
      const known = readers.get(input);
      if (known) known.push(node);
      else readers.set(input, [node]);
    }
    visit(node);
  }
  return {
    graph,
    opset: model.opsets.find(({ domain }) => domain === '')?.version ?? 0,
    weights: new Map(
      graph.initializers.flatMap((tensor) => (fed.has(tensor.name) ? [] : [[tensor.name, tensor] as const])),
    ),
    makers,
    readers,
    kept,
  };
}

/** The nodes with values renamed where they are read. */
export const renamed = (nodes: readonly OnnxNode[], names: ReadonlyMap<string, string>): OnnxNode[] =>
  names.size === 0
    ? [...nodes]
    : nodes.map((node) =>
        node.inputs.some((name) => names.has(name))
          ? { ...node, inputs: node.inputs.map((name) => names.get(name) ?? name) }
          : node,
      );
