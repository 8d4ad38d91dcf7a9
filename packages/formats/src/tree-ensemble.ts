import { type Attribute, floats, type GraphBuilder, type GraphPart, int, strings } from '@trestle/onnx';
import { type Forest, setWords } from '@trestle/trees';

/** What the design matrix of a forest may hold. */
export interface Design {
  /**
   * float64 where rows are compared in float64, as LightGBM does: a number and a threshold that float32 cannot tell apart go their
   * own ways.
   */
  readonly type: 'float32' | 'float64';
  /** Whether a column of categories may hold any number, also none: those that no set lists go where the forest sends unknown ones. */
  readonly isOpen: boolean;
}

/** Of a preprocessing that knows its categories, in float32. */
const PREPARED: Design = { type: 'float32', isOpen: false };

/**
 * Trees as nodes of a graph: a TreeEnsembleRegressor on the design, as every runtime has it. It knows no sets of categories: each
 * different set becomes a column behind the design's, 0 for the categories that go left and 1 for the others, looked up in a table.
 */
export const treeEnsemble =
  (forest: Forest, of: Design = PREPARED): GraphPart =>
  (graph, design) => {
    const { nodes, sets } = splitNodes(forest);
    const columns = [design, ...sets.map((one) => setColumns(graph, design, one, forest, of))];
    const input = columns.length === 1 ? design : graph.add('Concat', columns, { axis: int(1) });
    const leaves = leafEntries(forest, nodes.trees);
    const scores = graph.add(
      'TreeEnsembleRegressor',
      [input],
      {
        n_targets: int(forest.outputs),
        ...numbers('base_values', [...forest.initial], of),
        nodes_treeids: list(nodes.trees),
        nodes_nodeids: list(nodes.numbers),
        nodes_featureids: list(nodes.features),
        ...numbers('nodes_values', nodes.thresholds, of),
        nodes_modes: strings(
          nodes.features.map((_, node) => (forest.features[node] === -1 ? 'LEAF' : 'BRANCH_LEQ')),
        ),
        nodes_truenodeids: list(nodes.left),
        nodes_falsenodeids: list(nodes.right),
        nodes_missing_value_tracks_true: list(forest.missingLeft),
        target_treeids: list(leaves.nodes.map((node) => nodes.trees[node] ?? 0)),
        target_nodeids: list(leaves.nodes.map((node) => nodes.numbers[node] ?? 0)),
        target_ids: list(leaves.outputs),
        ...numbers('target_weights', leaves.values, of),
      },
      'ai.onnx.ml',
    );
    if (forest.activation === 'softmax') return graph.add('Softmax', [scores], { axis: int(1) });
    const operator = { identity: undefined, logistic: 'Sigmoid', exponential: 'Exp' }[forest.activation];
    return operator ? graph.add(operator, [scores]) : scores;
  };

/** Numbers of nodes and leaves: doubles are given as a tensor. */
function numbers(name: string, values: readonly number[], { type }: Design): Record<string, Attribute> {
  if (type === 'float32') return { [name]: floats(values) };
  const value = { name: '', type, dims: [values.length], data: Float64Array.from(values) };
  return { [`${name}_as_tensor`]: { kind: 'tensor', value } };
}

/** What leaves add to which outputs; of a vector its zeros are left out, but one, as each leaf must be named. */
function leafEntries(forest: Forest, trees: readonly number[]) {
  const { vectors, outputs } = forest;
  const entries: Record<'nodes' | 'outputs' | 'values', number[]> = { nodes: [], outputs: [], values: [] };
  const add = (node: number, output: number, value: number): void => {
    entries.nodes.push(node);
    entries.outputs.push(output);
    entries.values.push(value);
  };
  for (const [node, feature] of forest.features.entries()) {
    if (feature >= 0) continue;
    if (!vectors) {
      add(node, (trees[node] ?? 0) % outputs, forest.values[node] ?? 0);
      continue;
    }
    const before = entries.nodes.length;
    for (let output = 0; output < outputs; output++) {
      const value = vectors.entries[(vectors.at[node] ?? 0) + output] ?? 0;
      if (value !== 0) add(node, output, value);
    }
    if (entries.nodes.length === before) add(node, 0, 0);
  }
  return entries;
}

/** Not as arguments, of which there may not be as many as nodes. */
const list = (values: Iterable<number>): Attribute => ({ kind: 'ints', value: [...values] });

/** The different sets that nodes ask of a column. */
interface ColumnSets {
  readonly feature: number;
  /** Where in the forest's `sets` each is. */
  readonly places: readonly number[];
  /** How many categories the column has. */
  readonly categories: number;
}

/** Nodes as the operator names them, by tree and number in it. */
function splitNodes(forest: Forest) {
  const count = forest.features.length;
  const sets = setsByColumn(forest);
  const columnOfSet = new Map<string, number>();
  let width = forest.width;
  for (const { feature, places } of sets)
    for (const place of places) columnOfSet.set(keyOf(forest, feature, place), width++);
  const nodes = {
    trees: new Array<number>(count).fill(0),
    numbers: new Array<number>(count).fill(0),
    features: new Array<number>(count).fill(0),
    thresholds: new Array<number>(count).fill(0),
    left: new Array<number>(count).fill(0),
    right: new Array<number>(count).fill(0),
  };
  for (const [tree, root] of forest.roots.entries()) {
    for (let node = root; node < (forest.roots[tree + 1] ?? count); node++) {
      nodes.trees[node] = tree;
      nodes.numbers[node] = node - root;
      const feature = forest.features[node] ?? -1;
      if (feature < 0) continue;
      nodes.left[node] = (forest.left[node] ?? 0) - root;
      nodes.right[node] = (forest.right[node] ?? 0) - root;
      const set = forest.setsAt[node] ?? -1;
      nodes.features[node] = set < 0 ? feature : (columnOfSet.get(keyOf(forest, feature, set)) ?? 0);
      nodes.thresholds[node] = set < 0 ? (forest.thresholds[node] ?? 0) : 0.5;
    }
  }
  return { nodes, sets };
}

const keyOf = (forest: Forest, feature: number, place: number): string =>
  `${feature}:${forest.sets.subarray(place, place + setWords(forest.categories[feature] ?? 0)).join(',')}`;

function setsByColumn(forest: Forest): readonly ColumnSets[] {
  const byColumn = new Map<number, Map<string, number>>();
  for (const [node, place] of forest.setsAt.entries()) {
    if (place < 0) continue;
    const feature = forest.features[node] ?? 0;
    const known = byColumn.get(feature) ?? new Map<string, number>();
    byColumn.set(feature, known.set(keyOf(forest, feature, place), place));
  }
  return [...byColumn].map(([feature, places]) => ({
    feature,
    places: [...places.values()],
    categories: forest.categories[feature] ?? 0,
  }));
}

/** Looks up by the places of a column's categories in which sets they are not. @returns [batch, sets] */
function setColumns(
  graph: GraphBuilder,
  design: string,
  { feature, places, categories }: ColumnSets,
  forest: Forest,
  { type, isOpen }: Design,
): string {
  // Behind the last category are unknown and missing ones.
  const rows = categories + (isOpen ? 2 : 0);
  const table = new Uint8Array(rows * places.length);
  for (let category = 0; category < rows; category++)
    for (const [column, place] of places.entries())
      table[category * places.length + column] =
        1 - (((forest.sets[place + (category >> 5)] ?? 0) >>> (category & 31)) & 1);
  const own = graph.add('Gather', [design, graph.constant('int64', [], [feature])], { axis: int(1) });
  const place = isOpen ? knownPlace(graph, own, categories, type) : graph.add('Cast', [own], { to: int(7) });
  const found = graph.add('Gather', [graph.constant('uint8', [rows, places.length], table), place], {
    axis: int(0),
  });
  return graph.add('Cast', [found], { to: int(type === 'float32' ? 1 : 11) });
}

/** The place of a category, cut off to a whole number; of one that is not there one of the two behind the last. */
function knownPlace(graph: GraphBuilder, own: string, categories: number, type: Design['type']): string {
  const scalar = (value: number): string =>
    graph.constant(type, [], type === 'float32' ? Float32Array.of(value) : Float64Array.of(value));
  const isKnown = graph.add('And', [
    graph.add('Greater', [own, scalar(-1)]),
    graph.add('Less', [own, scalar(categories)]),
  ]);
  const known = graph.add('Where', [isKnown, own, scalar(categories)]);
  const there = graph.add('Where', [graph.add('IsNaN', [own]), scalar(categories + 1), known]);
  return graph.add('Cast', [there], { to: int(7) });
}
