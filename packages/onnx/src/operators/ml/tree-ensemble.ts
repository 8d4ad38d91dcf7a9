import { doublesOf, floats, fromNumbers, type Tensor } from '../../tensor/tensor.ts';
import {
  bigints,
  checked,
  choice,
  floatList,
  int,
  ints,
  Refusal,
  required,
  strings,
  tensor,
} from '../attributes.ts';
import { prepared, type Versions } from '../definition.ts';
import { bestOf, labelled, labelsOf, labelType } from './labels.ts';
import { type PostTransform, post_transform, transformRow } from './post-transform.ts';

const MODES = [
  'BRANCH_LEQ',
  'BRANCH_LT',
  'BRANCH_GTE',
  'BRANCH_GT',
  'BRANCH_EQ',
  'BRANCH_NEQ',
  'BRANCH_MEMBER',
  'LEAF',
];
const LEAF = 7;
const MEMBER = 6;

type Aggregate = 'SUM' | 'AVERAGE' | 'MIN' | 'MAX';

/** Trees as lists: nodes with their two ways, and the votes of each leaf, one behind the other. */
interface Forest {
  readonly roots: Int32Array;
  readonly features: Int32Array;
  readonly thresholds: Float64Array;
  readonly modes: Uint8Array;
  readonly whenTrue: Int32Array;
  readonly whenFalse: Int32Array;
  readonly missingIsTrue: Uint8Array;
  readonly members: readonly (ReadonlySet<number> | undefined)[];
  /** Of each node: where its votes begin; those of the next node begin where they end. */
  readonly votesAt: Int32Array;
  readonly targets: Int32Array;
  readonly weights: Float64Array;
  readonly width: number;
  readonly featuresUsed: number;
  readonly plain: PlainTrees | undefined;
}

const listed = (list: readonly number[] | undefined, asTensor: Tensor | undefined): ArrayLike<number> =>
  asTensor ? doublesOf(asTensor) : (list ?? []);

interface NodeAttributes {
  readonly nodes_treeids?: readonly number[] | undefined;
  readonly nodes_nodeids?: readonly number[] | undefined;
  readonly nodes_featureids?: readonly number[] | undefined;
  readonly nodes_modes?: readonly string[] | undefined;
  readonly nodes_values?: readonly number[] | undefined;
  readonly nodes_values_as_tensor?: Tensor | undefined;
  readonly nodes_truenodeids?: readonly number[] | undefined;
  readonly nodes_falsenodeids?: readonly number[] | undefined;
  readonly nodes_missing_value_tracks_true?: readonly number[] | undefined;
}
interface Votes {
  readonly trees: readonly number[] | undefined;
  readonly nodes: readonly number[] | undefined;
  readonly targets: readonly number[] | undefined;
  readonly weights: ArrayLike<number>;
}

/** Nodes are named by tree and number: here they become places. */
function forestOf(given: NodeAttributes, votes: Votes, width: number): Forest {
  const trees = given.nodes_treeids ?? [];
  const count = trees.length;
  const numbers = given.nodes_nodeids ?? [];
  const modes = given.nodes_modes ?? [];
  const values = listed(given.nodes_values, given.nodes_values_as_tensor);
  const [yes, no, features] = [
    given.nodes_truenodeids ?? [],
    given.nodes_falsenodeids ?? [],
    given.nodes_featureids ?? [],
  ];
  const missing = given.nodes_missing_value_tracks_true ?? [];
  for (const list of [numbers, modes, values, yes, no, features])
    if (list.length !== count)
      throw new Refusal(`its lists of nodes have ${list.length} and ${count} entries`);
  if (missing.length > 0 && missing.length !== count)
    throw new Refusal('its nodes_missing_value_tracks_true is not of all nodes');
  const places = new Map<number | undefined, Map<number | undefined, number>>();
  for (let i = 0; i < count; i++) {
    const [tree, node] = [trees[i], numbers[i]];
    const ofTree = places.get(tree) ?? new Map<number | undefined, number>();
    if (ofTree.has(node)) throw new Refusal(`the tree ${tree} has two nodes ${node}`);
    places.set(tree, ofTree.set(node, i));
  }
  const placeOf = (tree: number | undefined, node: number | undefined): number => {
    const place = places.get(tree)?.get(node);
    if (place === undefined) throw new Refusal(`the tree ${tree} has no node ${node}`);
    return place;
  };
  const codes = Uint8Array.from(modes, (mode) => {
    const code = MODES.indexOf(mode);
    if (code < 0 || code === MEMBER) throw new Refusal(`a node has the mode ${mode}, which is not known`);
    return code;
  });
  const way = (list: readonly number[]): Int32Array =>
    Int32Array.from(list, (node, i) => (codes[i] === LEAF ? -1 : placeOf(trees[i], node)));
  const [whenTrue, whenFalse] = [way(yes), way(no)];
  const isChild = new Uint8Array(count);
  for (let i = 0; i < count; i++)
    for (const child of [whenTrue[i] ?? -1, whenFalse[i] ?? -1])
      if (child >= 0 && child !== i) isChild[child] = 1;
  const order = Array.from({ length: votes.weights.length }, (_, i) => i);
  for (const list of [votes.trees ?? [], votes.nodes ?? [], votes.targets ?? []])
    if (list.length !== order.length)
      throw new Refusal(`its lists of votes have ${list.length} and ${order.length} entries`);
  const owner = order.map((i) => placeOf(votes.trees?.[i], votes.nodes?.[i]));
  order.sort((a, b) => (owner[a] ?? 0) - (owner[b] ?? 0) || a - b);
  const votesAt = new Int32Array(count + 1);
  for (const place of owner) votesAt[place + 1] = (votesAt[place + 1] ?? 0) + 1;
  for (let i = 0; i < count; i++) votesAt[i + 1] = (votesAt[i + 1] ?? 0) + (votesAt[i] ?? 0);
  const targets = Int32Array.from(order, (i) => votes.targets?.[i] ?? 0);
  for (const target of targets)
    if (target < 0 || target >= width)
      throw new Refusal(`a leaf votes for ${target}, and there are ${width}`);
  const forest = {
    roots: Int32Array.from(Array.from(isChild.keys()).filter((i) => !isChild[i])),
    features: Int32Array.from(features),
    thresholds: Float64Array.from(values),
    modes: codes,
    ...{ whenTrue, whenFalse },
    missingIsTrue: Uint8Array.from(missing.length > 0 ? missing : new Array<number>(count).fill(0)),
    members: [],
    votesAt,
    targets,
    weights: Float64Array.from(order, (i) => votes.weights[i] ?? 0),
    width,
    featuresUsed: features.reduce(
      (most, feature, i) => (codes[i] === LEAF ? most : Math.max(most, feature + 1)),
      0,
    ),
  };
  checkAcyclic(forest);
  return { ...forest, plain: plainTreesOf(forest) };
}

/** A way that comes back to itself would never end. */
function checkAcyclic({
  roots,
  whenTrue,
  whenFalse,
}: Pick<Forest, 'roots' | 'whenTrue' | 'whenFalse'>): void {
  const seen = new Uint8Array(whenTrue.length);
  const stack = [...roots];
  let reached = 0;
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen[node]) throw new Refusal('two ways of its trees lead to one node');
    seen[node] = 1;
    reached++;
    for (const child of new Set([whenTrue[node] ?? -1, whenFalse[node] ?? -1]))
      if (child >= 0) stack.push(child);
  }
  if (reached !== whenTrue.length) throw new Refusal('its trees go round in a circle');
}

function isTaken(forest: Forest, node: number, x: number): boolean {
  if (Number.isNaN(x) && forest.missingIsTrue[node]) return true;
  const threshold = forest.thresholds[node] ?? 0;
  switch (forest.modes[node]) {
    case 0:
      return x <= threshold;
    case 1:
      return x < threshold;
    case 2:
      return x >= threshold;
    case 3:
      return x > threshold;
    case 4:
      return x === threshold;
    case 5:
      return x !== threshold;
    default:
      return forest.members[node]?.has(x) ?? false;
  }
}

/** Trees whose branches all ask whether a feature is at most a threshold, as libraries of boosted trees write them. */
interface PlainTrees {
  /** Two places a node: where a row goes that is above the threshold, and one that is not. A leaf leads to itself. */
  readonly ways: Int32Array;
  /** What a node looks at; a leaf at any. */
  readonly features: Int32Array;
  /** Steps from each root to its farthest leaf. */
  readonly depths: Int32Array;
  /** A missing value goes elsewhere than above the threshold. */
  readonly asksForMissing: boolean;
}

/** Beyond, most rows would go on at a leaf for longer than they went to it. */
const DEEP = 24;

function plainTreesOf(forest: Omit<Forest, 'plain'>): PlainTrees | undefined {
  const { modes, whenTrue, whenFalse, roots, missingIsTrue } = forest;
  if (!modes.every((mode) => mode === 0 || mode === LEAF)) return undefined;
  const ways = new Int32Array(2 * modes.length);
  for (let node = 0; node < modes.length; node++) {
    const isLeaf = modes[node] === LEAF;
    ways[2 * node] = isLeaf ? node : (whenFalse[node] ?? 0);
    ways[2 * node + 1] = isLeaf ? node : (whenTrue[node] ?? 0);
  }
  const depths = roots.map((root) => {
    let [depth, level] = [0, [root]];
    for (;;) {
      level = level.flatMap((node) =>
        modes[node] === LEAF ? [] : [ways[2 * node] ?? 0, ways[2 * node + 1] ?? 0],
      );
      if (level.length === 0 || depth > DEEP) return depth;
      depth++;
    }
  });
  if (depths.some((depth) => depth > DEEP)) return undefined;
  const features = forest.features.map((feature, node) => (modes[node] === LEAF ? 0 : feature));
  return { ways, features, depths, asksForMissing: missingIsTrue.some((one) => one !== 0) };
}

/** Rows that go through a tree together: they and the tree's nodes stay in the cache. */
const ROWS_TOGETHER = 256;

/**
 * Adds up the votes of plain trees, for each row in the order of the trees, as one row alone does. Four rows go down a tree side by
 * side, or a row down four trees, as many steps as they are deep: nothing is guessed by the processor, and it waits for four at once.
 */
function addVotes(
  forest: Forest,
  plain: PlainTrees,
  data: Float32Array | Float64Array,
  columns: number,
  scores: Float64Array,
): void {
  const { ways, features, depths } = plain;
  const { roots, thresholds, votesAt, targets, weights, width } = forest;
  const vote = (row: number, leaf: number): void => {
    const end = votesAt[leaf + 1] ?? 0;
    for (let at = votesAt[leaf] ?? 0; at < end; at++) {
      const to = row * width + (targets[at] ?? 0);
      scores[to] = (scores[to] ?? 0) + (weights[at] ?? 0);
    }
  };
  // A leaf is left by no way, whatever it compares.
  const next = (node: number, start: number): number =>
    ways[2 * node + Number((data[start + (features[node] ?? 0)] ?? 0) <= (thresholds[node] ?? 0))] ?? 0;
  const rows = scores.length / width;
  for (let from = 0; from < rows; from += ROWS_TOGETHER) {
    const to = Math.min(rows, from + ROWS_TOGETHER);
    for (let tree = 0; tree < roots.length; tree++) {
      const [root, depth] = [roots[tree] ?? 0, depths[tree] ?? 0];
      let row = from;
      for (; row + 4 <= to; row += 4) {
        const start = row * columns;
        let [a, b, c, d] = [root, root, root, root];
        for (let step = 0; step < depth; step++) {
          a = next(a, start);
          b = next(b, start + columns);
          c = next(c, start + 2 * columns);
          d = next(d, start + 3 * columns);
        }
        vote(row, a);
        vote(row + 1, b);
        vote(row + 2, c);
        vote(row + 3, d);
      }
    }
    for (let row = to - ((to - from) % 4); row < to; row++)
      addVotesOfRow(forest, plain, data, columns, scores, row);
  }
}

/** As `addVotes`, for one row: it goes down four trees side by side. A leaf is its own next node. */
function addVotesOfRow(
  { roots, thresholds, votesAt, targets, weights, width }: Forest,
  { ways, features, depths }: PlainTrees,
  data: Float32Array | Float64Array,
  columns: number,
  scores: Float64Array,
  row: number,
): void {
  const start = row * columns;
  const next = (node: number): number =>
    ways[2 * node + Number((data[start + (features[node] ?? 0)] ?? 0) <= (thresholds[node] ?? 0))] ?? 0;
  const leaves = new Int32Array(4);
  for (let tree = 0; tree < roots.length; tree += 4) {
    const last = roots.length - 1;
    let a = roots[tree] ?? 0;
    let b = roots[Math.min(last, tree + 1)] ?? 0;
    let c = roots[Math.min(last, tree + 2)] ?? 0;
    let d = roots[Math.min(last, tree + 3)] ?? 0;
    let depth = 0;
    for (let one = tree; one < Math.min(tree + 4, roots.length); one++)
      depth = Math.max(depth, depths[one] ?? 0);
    for (let step = 0; step < depth; step++) {
      a = next(a);
      b = next(b);
      c = next(c);
      d = next(d);
    }
    leaves[0] = a;
    leaves[1] = b;
    leaves[2] = c;
    leaves[3] = d;
    for (let one = 0; one < 4 && tree + one < roots.length; one++) {
      const leaf = leaves[one] ?? 0;
      const end = votesAt[leaf + 1] ?? 0;
      for (let at = votesAt[leaf] ?? 0; at < end; at++) {
        const to = row * width + (targets[at] ?? 0);
        scores[to] = (scores[to] ?? 0) + (weights[at] ?? 0);
      }
    }
  }
}

/** The votes of each row, [rows, width], and whether a target has had any. */
function voted(
  forest: Forest,
  x: Tensor,
  aggregate: Aggregate,
  fail: (reason: string) => Error,
): { rows: number; scores: Float64Array } {
  const [rows, columns] = x.dims.length === 1 ? [1, x.data.length] : [x.dims[0] ?? 0, x.dims[1] ?? 0];
  if (x.dims.length > 2 || columns < forest.featuresUsed)
    throw fail(`it looks at ${forest.featuresUsed} features, and [${x.dims}] has fewer`);
  const { roots, whenTrue, whenFalse, modes, votesAt, targets, weights, width } = forest;
  const data = doublesOf(x);
  const scores = new Float64Array(rows * width);
  const { plain } = forest;
  if (plain && (aggregate === 'SUM' || aggregate === 'AVERAGE')) {
    const values = data instanceof Float32Array ? data : Float64Array.from(data);
    if (!plain.asksForMissing || !values.some(Number.isNaN)) {
      addVotes(forest, plain, values, columns, scores);
      if (aggregate === 'AVERAGE')
        for (let i = 0; i < scores.length; i++) scores[i] = (scores[i] ?? 0) / roots.length;
      return { rows, scores };
    }
  }
  const isVoted = new Uint8Array(width);
  for (let row = 0; row < rows; row++) {
    isVoted.fill(0);
    for (const root of roots) {
      let node = root;
      while (modes[node] !== LEAF)
        node =
          (isTaken(forest, node, data[row * columns + (forest.features[node] ?? 0)] ?? 0)
            ? whenTrue[node]
            : whenFalse[node]) ?? 0;
      for (let vote = votesAt[node] ?? 0; vote < (votesAt[node + 1] ?? 0); vote++) {
        const target = targets[vote] ?? 0;
        const at = row * width + target;
        const [old, weight] = [scores[at] ?? 0, weights[vote] ?? 0];
        if (aggregate === 'SUM' || aggregate === 'AVERAGE') scores[at] = old + weight;
        else
          scores[at] = !isVoted[target]
            ? weight
            : aggregate === 'MIN'
              ? Math.min(old, weight)
              : Math.max(old, weight);
        isVoted[target] = 1;
      }
    }
    if (aggregate === 'AVERAGE')
      for (let i = row * width; i < (row + 1) * width; i++) scores[i] = (scores[i] ?? 0) / roots.length;
  }
  return { rows, scores };
}

function transformed(scores: Float64Array, width: number, transform: PostTransform): Float64Array {
  for (let row = 0; row < scores.length / width; row++)
    transformRow(scores.subarray(row * width, (row + 1) * width), transform);
  return scores;
}

const NODES = {
  nodes_falsenodeids: ints(),
  nodes_featureids: ints(),
  // How often a node was passed: of use for the order in memory alone.
  nodes_hitrates: floatList(),
  nodes_missing_value_tracks_true: ints(),
  nodes_modes: strings(),
  nodes_nodeids: ints(),
  nodes_treeids: ints(),
  nodes_truenodeids: ints(),
  nodes_values: floatList(),
  post_transform,
};
const DOUBLES = {
  nodes_hitrates_as_tensor: tensor(),
  nodes_values_as_tensor: tensor(),
  base_values_as_tensor: tensor(),
};
const INPUT = 'T:float32|float64|int64|int32' as const;

const REGRESSOR = {
  ...NODES,
  aggregate_function: choice('SUM', 'AVERAGE', 'MIN', 'MAX'),
  base_values: floatList(),
  n_targets: int(1),
  target_ids: ints(),
  target_nodeids: ints(),
  target_treeids: ints(),
  target_weights: floatList(),
};
interface RegressorAttributes extends NodeAttributes {
  readonly aggregate_function: Aggregate;
  readonly base_values: readonly number[] | undefined;
  readonly base_values_as_tensor?: Tensor | undefined;
  readonly n_targets: number;
  readonly target_ids: readonly number[] | undefined;
  readonly target_nodeids: readonly number[] | undefined;
  readonly target_treeids: readonly number[] | undefined;
  readonly target_weights: readonly number[] | undefined;
  readonly target_weights_as_tensor?: Tensor | undefined;
  readonly post_transform: PostTransform;
}
const regressorOf = (given: RegressorAttributes) => {
  const votes = {
    trees: given.target_treeids,
    nodes: given.target_nodeids,
    targets: given.target_ids,
    weights: listed(given.target_weights, given.target_weights_as_tensor),
  };
  const base = listed(given.base_values, given.base_values_as_tensor);
  if (base.length !== 0 && base.length !== given.n_targets)
    throw new Refusal(`it has ${base.length} base values for ${given.n_targets} targets`);
  return {
    forest: forestOf(given, votes, given.n_targets),
    base,
    aggregate: given.aggregate_function,
    transform: given.post_transform,
  };
};
function regress(
  [x]: [Tensor],
  { forest, base, aggregate, transform }: ReturnType<typeof regressorOf>,
  call: { fail(reason: string): Error },
): Tensor {
  const { rows, scores } = voted(forest, x, aggregate, call.fail);
  if (base.length > 0)
    for (let i = 0; i < scores.length; i++) scores[i] = (scores[i] ?? 0) + (base[i % forest.width] ?? 0);
  return floats([rows, forest.width], Float32Array.from(transformed(scores, forest.width, transform)));
}
export const TreeEnsembleRegressor: Versions = {
  1: prepared(`${INPUT} -> float32`, REGRESSOR, regressorOf, regress),
  3: prepared(
    `${INPUT} -> float32`,
    { ...REGRESSOR, ...DOUBLES, target_weights_as_tensor: tensor() },
    regressorOf,
    regress,
  ),
};

const CLASSIFIER = {
  ...NODES,
  base_values: floatList(),
  class_ids: ints(),
  class_nodeids: ints(),
  class_treeids: ints(),
  class_weights: floatList(),
  classlabels_int64s: bigints(),
  classlabels_strings: strings(),
};
interface ClassifierAttributes extends NodeAttributes {
  readonly base_values: readonly number[] | undefined;
  readonly base_values_as_tensor?: Tensor | undefined;
  readonly class_ids: readonly number[] | undefined;
  readonly class_nodeids: readonly number[] | undefined;
  readonly class_treeids: readonly number[] | undefined;
  readonly class_weights: readonly number[] | undefined;
  readonly class_weights_as_tensor?: Tensor | undefined;
  readonly classlabels_int64s: readonly bigint[] | undefined;
  readonly classlabels_strings: readonly string[] | undefined;
  readonly post_transform: PostTransform;
}
const classifierOf = (given: ClassifierAttributes) => {
  const labels = labelsOf(given.classlabels_strings, given.classlabels_int64s);
  const weights = listed(given.class_weights, given.class_weights_as_tensor);
  const votes = { trees: given.class_treeids, nodes: given.class_nodeids, targets: given.class_ids, weights };
  const base = listed(given.base_values, given.base_values_as_tensor);
  const width = labels.length;
  if (base.length > 1 && base.length !== width)
    throw new Refusal(`it has ${base.length} base values for ${width} classes`);
  const forest = forestOf(
    given,
    votes,
    Math.max(width, 1 + (given.class_ids ?? []).reduce((most, id) => Math.max(most, id), 0)),
  );
  return {
    ...{ forest, labels, base, transform: given.post_transform },
    // Two classes and votes for one of them: a score that stands for both.
    isBinary: width === 2 && base.length < 2 && new Set(given.class_ids).size <= 1,
    isPositive: Array.from(weights).every((weight) => weight >= 0),
    voted: given.class_ids?.[0] ?? 0,
  };
};

function classify(
  [x]: [Tensor],
  ready: ReturnType<typeof classifierOf>,
  call: { fail(reason: string): Error },
): Tensor[] {
  const { forest, labels, base, transform, isBinary, isPositive } = ready;
  const { rows, scores } = voted(forest, x, 'SUM', call.fail);
  const width = labels.length;
  const out = new Float32Array(rows * width);
  const chosen: number[] = [];
  for (let row = 0; row < rows; row++) {
    const own = Float64Array.from(scores.subarray(row * forest.width, row * forest.width + width));
    if (isBinary) {
      const score = (own[ready.voted] ?? 0) + (base[base.length - 1] ?? 0);
      // Weights that are all positive are shares of the second class; others are for it above 0, and against it below.
      const isShare = isPositive && transform !== 'LOGISTIC';
      chosen.push(Number(score > (isShare ? 0.5 : 0)));
      own[1] = score;
      // A score of the second class says nothing of the first one.
      own[0] = ready.voted === 1 ? 0 : isShare ? 1 - score : -score;
      if (!isShare || transform === 'PROBIT') transformRow(own, transform);
    } else {
      for (let i = 0; i < base.length; i++) own[i] = (own[i] ?? 0) + (base[i] ?? 0);
      chosen.push(bestOf(own));
      transformRow(own, transform);
    }
    out.set(own, row * width);
  }
  return [labelled(labels, chosen), floats([rows, width], out)];
}
const Y = (given: ClassifierAttributes) => ({ Y: labelType(given.classlabels_strings) });
export const TreeEnsembleClassifier: Versions = {
  1: prepared(`${INPUT} -> Y float32`, CLASSIFIER, classifierOf, classify, { types: Y }),
  3: prepared(
    `${INPUT} -> Y float32`,
    { ...CLASSIFIER, ...DOUBLES, class_weights_as_tensor: tensor() },
    classifierOf,
    classify,
    { types: Y },
  ),
};

const isIn =
  (least: number, most: number) =>
  (value: number): boolean =>
    value >= least && value <= most;
const AGGREGATES = ['AVERAGE', 'SUM', 'MIN', 'MAX'] as const;
const TRANSFORMS = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'] as const;

/** Inner nodes and leaves are lists of their own, and point into each other by place. */
export const TreeEnsemble: Versions = {
  5: prepared(
    'T:float32|float64|float16 -> T',
    {
      aggregate_function: checked(int(1), isIn(0, 3), '0 to 3'),
      leaf_targetids: required(ints()),
      leaf_weights: required(tensor()),
      membership_values: tensor(),
      n_targets: int(),
      nodes_falseleafs: required(ints()),
      nodes_falsenodeids: required(ints()),
      nodes_featureids: required(ints()),
      nodes_hitrates: tensor(),
      nodes_missing_value_tracks_true: ints(),
      nodes_modes: required(tensor()),
      nodes_splits: required(tensor()),
      nodes_trueleafs: required(ints()),
      nodes_truenodeids: required(ints()),
      post_transform: checked(int(0), isIn(0, 4), '0 to 4'),
      tree_roots: required(ints()),
    },
    (given) => {
      const inner = given.nodes_featureids.length;
      const leaves = given.leaf_targetids.length;
      const width =
        given.n_targets ?? given.leaf_targetids.reduce((most, target) => Math.max(most, target + 1), 1);
      const splits = doublesOf(given.nodes_splits);
      const modes = Uint8Array.from([
        ...doublesOf(given.nodes_modes),
        ...new Array<number>(leaves).fill(LEAF),
      ]);
      for (const list of [
        given.nodes_falseleafs,
        given.nodes_trueleafs,
        given.nodes_falsenodeids,
        given.nodes_truenodeids,
        splits,
      ])
        if (list.length !== inner)
          throw new Refusal(`its lists of nodes have ${list.length} and ${inner} entries`);
      if (modes.length !== inner + leaves || modes.subarray(0, inner).some((mode) => mode > MEMBER))
        throw new Refusal('its nodes_modes are not those of its nodes');
      if (given.leaf_weights.data.length !== leaves)
        throw new Refusal(`${given.leaf_weights.data.length} weights are not those of ${leaves} leaves`);
      const way = (ids: readonly number[], isLeaf: readonly number[]): Int32Array =>
        Int32Array.from({ length: inner + leaves }, (_, i) => {
          if (i >= inner) return -1;
          const [id = 0, own] = [ids[i], isLeaf[i] === 1];
          if (!(id >= 0 && id < (own ? leaves : inner)))
            throw new Refusal(`a node leads to ${id}, which is not there`);
          return own ? inner + id : id;
        });
      const sets = membersOf(given.membership_values);
      const members = Array.from(modes, (mode) =>
        mode === MEMBER ? (sets.shift() ?? new Set<number>()) : undefined,
      );
      for (const target of given.leaf_targetids)
        if (!(target >= 0 && target < width))
          throw new Refusal(`a leaf votes for ${target}, and there are ${width}`);
      for (const root of given.tree_roots)
        if (!(root >= 0 && root < inner)) throw new Refusal(`a tree begins at ${root}, which is no node`);
      const missing = given.nodes_missing_value_tracks_true ?? [];
      const forest = {
        roots: Int32Array.from(given.tree_roots),
        features: Int32Array.from([...given.nodes_featureids, ...new Array<number>(leaves).fill(0)]),
        thresholds: Float64Array.from([...splits, ...new Array<number>(leaves).fill(0)]),
        modes,
        whenTrue: way(given.nodes_truenodeids, given.nodes_trueleafs),
        whenFalse: way(given.nodes_falsenodeids, given.nodes_falseleafs),
        missingIsTrue: Uint8Array.from({ length: inner + leaves }, (_, i) => missing[i] ?? 0),
        members,
        votesAt: Int32Array.from({ length: inner + leaves + 1 }, (_, i) => Math.max(0, i - inner)),
        targets: Int32Array.from(given.leaf_targetids),
        weights: Float64Array.from(doublesOf(given.leaf_weights)),
        width,
        featuresUsed: given.nodes_featureids.reduce((most, feature) => Math.max(most, feature + 1), 0),
      };
      checkForward(forest);
      return {
        forest: { ...forest, plain: plainTreesOf(forest) },
        aggregate: AGGREGATES[given.aggregate_function] ?? 'SUM',
        transform: TRANSFORMS[given.post_transform] ?? 'NONE',
      };
    },
    ([x], { forest, aggregate, transform }, call) => {
      const { rows, scores } = voted(forest, x, aggregate, call.fail);
      return fromNumbers(x.type, [rows, forest.width], transformed(scores, forest.width, transform));
    },
  ),
};

/** Leaves may be shared; what must not be is a way round in a circle. */
function checkForward({ roots, whenTrue, whenFalse }: Omit<Forest, 'plain'>): void {
  const state = new Uint8Array(whenTrue.length);
  for (const root of roots) {
    const stack: [number, boolean][] = [[root, false]];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const [node, isDone] = top;
      if (isDone) {
        state[node] = 2;
        continue;
      }
      if (state[node] === 2) continue;
      if (state[node] === 1) throw new Refusal('its trees go round in a circle');
      state[node] = 1;
      stack.push([node, true]);
      for (const child of [whenTrue[node] ?? -1, whenFalse[node] ?? -1]) {
        if (child < 0 || state[child] === 2) continue;
        if (state[child] === 1) throw new Refusal('its trees go round in a circle');
        stack.push([child, false]);
      }
    }
  }
}

/** Sets one behind the other, NaN between them. */
function membersOf(values: Tensor | undefined): Set<number>[] {
  if (!values) return [];
  const sets = [new Set<number>()];
  for (const value of doublesOf(values)) {
    if (Number.isNaN(value)) sets.push(new Set());
    else sets.at(-1)?.add(value);
  }
  return sets;
}
