import type { Activation } from '../activation.ts';
import { countOf, listOf, malformed, numberOf, unsupported } from './fields.ts';
import { forestOf, MOST_COLUMNS, type ReadTree } from './read-trees.ts';
import type { SavedBy, SavedForest } from './saved-by.ts';

const MOST_CLASSES = 10_000;
const MOST_LEAVES = 2 ** 24;
/** LightGBM takes numbers so small for 0. */
const ZERO = 1e-35;
/** What a node does besides comparing, in bits. */
const DECISION = { category: 1, defaultLeft: 2 } as const;
const MISSING = ['none', 'zero', 'nan'] as const;

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  ...{ regression: 'identity', regression_l1: 'identity', huber: 'identity', fair: 'identity' },
  ...{
    quantile: 'identity',
    mape: 'identity',
    lambdarank: 'identity',
    rank_xendcg: 'identity',
    custom: 'identity',
  },
  ...{ poisson: 'exponential', gamma: 'exponential', tweedie: 'exponential' },
  ...{ binary: 'logistic', multiclassova: 'logistic', cross_entropy: 'logistic', multiclass: 'softmax' },
};

type Lines = ReadonlyMap<string, string>;

/**
 * Reads a model that LightGBM has saved as text (`save_model`). It predicts the same numbers, missing values (NaN) and categories
 * included. Scores of a `sigmoid` other than 1 are multiplied by it, so that probabilities are the same; a category that is no whole
 * number is unknown here, where LightGBM cuts it off.
 *
 * @throws TRS_TREES_MODEL naming what is broken, or what is not read: linear leaves, `regression sqrt`, `cross_entropy_lambda`, and 0
 * taken as missing where it goes another way than 0
 */
export function readLightgbm(text: string): SavedForest {
  const blocks = blocksOf(text);
  const [header, ...given] = blocks;
  if (!header) throw malformed('the model', 'is empty');
  const isAverage = header.has('average_output');
  const classes = countOf(field(header, 'num_class', 'the head'), 'num_class', MOST_CLASSES);
  const outputs = countOf(
    field(header, 'num_tree_per_iteration', 'the head'),
    'num_tree_per_iteration',
    MOST_CLASSES,
  );
  if (outputs < 1 || outputs !== Math.max(1, classes))
    throw malformed('num_tree_per_iteration', `is ${outputs} for ${classes} classes`);
  const width =
    countOf(field(header, 'max_feature_idx', 'the head'), 'max_feature_idx', MOST_COLUMNS - 1) + 1;
  const { objective, activation, sigmoid } = objectiveOf(header.get('objective'));
  if (given.length === 0 || given.length % outputs !== 0)
    throw malformed('the model', `has ${given.length} trees for ${outputs} outputs`);
  const share = sigmoid / (isAverage ? given.length / outputs : 1);
  const found = forestOf(
    given.map((block, tree) => treeOf(block, share, `Tree=${tree}`)),
    { ...{ objective, activation, outputs, width, isFloat32: false }, initial: new Float64Array(outputs) },
    'Tree',
  );
  return { ...found, savedBy: savedByOf(header, text, width) };
}

function savedByOf(header: Lines, text: string, width: number): SavedBy {
  const named = header.get('feature_names')?.trim() ?? '';
  const columns = named === '' ? [] : named.split(/\s+/);
  if (columns.length !== 0 && columns.length !== width)
    throw malformed('feature_names', `has ${columns.length} entries for ${width} columns`);
  return { library: 'LightGBM', columns, categoryNames: categoryNamesOf(header, text, width) };
}

/** What pandas called the categories: lists of the columns that are categories, in their order. */
function categoryNamesOf(header: Lines, text: string, width: number): SavedBy['categoryNames'] {
  const line = /\npandas_categorical:(.*)\s*$/.exec(
    text.slice(text.lastIndexOf('\npandas_categorical:')),
  )?.[1];
  let lists: readonly unknown[];
  try {
    lists = listOf(JSON.parse(line?.trim() || '[]') ?? [], 'pandas_categorical');
  } catch {
    throw malformed('pandas_categorical', 'is no list in JSON');
  }
  if (lists.length === 0) return new Map();
  // Columns of categories list them, `0:1:2`; others have a range, `[0:1]`, or `none` where they have one value.
  const infos = (header.get('feature_infos') ?? '').trim().split(/\s+/);
  const own = Array.from({ length: width }, (_, column) => column).filter((column) =>
    /^-?\d+(:-?\d+)*$/.test(infos[column] ?? ''),
  );
  if (own.length !== lists.length)
    throw unsupported(
      `A model of LightGBM with ${lists.length} columns of categories of pandas, of which ${own.length} can be told from its feature_infos,`,
      'Turn categories into numbers before training.',
    );
  return new Map(
    lists.map((list, at) => [
      own[at] ?? -1,
      listOf(list, `pandas_categorical[${at}]`).map((name) => {
        if (typeof name === 'string' || typeof name === 'number') return name;
        throw malformed(`pandas_categorical[${at}]`, `holds ${JSON.stringify(name)?.slice(0, 50)}`);
      }),
    ]),
  );
}

/** The head, and a block for each tree: lines of a name and what it is. */
function blocksOf(text: string): readonly Lines[] {
  if (!/^tree\r?\n/.test(text)) throw malformed('the model', 'does not begin with "tree"');
  const end = text.indexOf('\nend of trees');
  if (end < 0) throw malformed('the model', 'does not come to "end of trees"');
  const blocks: Map<string, string>[] = [new Map()];
  for (const line of text.slice(0, end).split(/\r?\n/)) {
    const at = line.indexOf('=');
    const [name, value] = at < 0 ? [line.trim(), ''] : [line.slice(0, at), line.slice(at + 1)];
    if (name === 'Tree') {
      if (Number(value) !== blocks.length - 1) throw malformed(line, `is tree ${blocks.length - 1}`);
      blocks.push(new Map());
    } else if (name !== '') blocks.at(-1)?.set(name, value);
  }
  return blocks;
}

function field(lines: Lines, name: string, where: string): string {
  const value = lines.get(name);
  if (value === undefined) throw malformed(name, `is not there, in ${where}`);
  return value;
}

function objectiveOf(line: string | undefined): {
  readonly objective: string;
  readonly activation: Activation;
  readonly sigmoid: number;
} {
  // Without an objective of LightGBM's there are scores and nothing else.
  const [objective = 'custom', ...details] = (line ?? 'custom').trim().split(/\s+/);
  const activation = ACTIVATIONS[objective];
  const isRoot = details.includes('sqrt');
  if (!activation || isRoot)
    throw unsupported(
      `The objective ${objective}${isRoot ? ' sqrt' : ''} of LightGBM`,
      'Train with another objective, or transform the targets yourself.',
    );
  const sigmoid = details.find((detail) => detail.startsWith('sigmoid:'))?.slice('sigmoid:'.length);
  return {
    objective,
    activation,
    sigmoid: sigmoid === undefined ? 1 : numberOf(sigmoid, 'objective.sigmoid'),
  };
}

function treeOf(block: Lines, share: number, where: string): ReadTree {
  const leaves = countOf(field(block, 'num_leaves', where), `${where}.num_leaves`, MOST_LEAVES);
  if (leaves < 1) throw malformed(`${where}.num_leaves`, 'is 0');
  if (numberOf(block.get('is_linear') ?? 0, `${where}.is_linear`) !== 0)
    throw unsupported('A tree of LightGBM with linear leaves', 'Train without linear_tree.');
  const splits = leaves - 1;
  const nodes = splits + leaves;
  const list = (name: string, length: number, isOptional = false): Float64Array => {
    const line = length === 0 || (isOptional && !block.has(name)) ? '' : field(block, name, where);
    const parts = line.trim() === '' ? [] : line.trim().split(/\s+/);
    if (parts.length !== length && !(isOptional && parts.length === 0))
      throw malformed(`${where}.${name}`, `has ${parts.length} entries where ${length} are expected`);
    return Float64Array.from({ length }, (_, at) =>
      parts.length === 0 ? 0 : numberOf(parts[at], `${where}.${name}[${at}]`),
    );
  };
  const joined = (ofSplits: Float64Array, ofLeaves: Float64Array): Float64Array => {
    const both = new Float64Array(nodes);
    both.set(ofSplits);
    both.set(ofLeaves, splits);
    return both;
  };
  /** Splits come first, then leaves, which the file numbers -1, -2, … */
  const children = (name: string): Float64Array =>
    joined(
      list(name, splits).map((child) => (child < 0 ? splits - child - 1 : child)),
      new Float64Array(leaves).fill(-1),
    );
  const zeros = new Float64Array(leaves);
  const thresholds = list('threshold', splits);
  const decisions = list('decision_type', splits);
  const isCategory = (node: number): boolean => ((decisions[node] ?? 0) & DECISION.category) !== 0;
  const counts = joined(list('internal_count', splits, true), list('leaf_count', leaves, true));
  return {
    left: children('left_child'),
    right: children('right_child'),
    features: joined(list('split_feature', splits), zeros),
    thresholds: joined(thresholds, zeros),
    missingLeft: joined(
      decisions.map((_, node) =>
        isCategory(node)
          ? 0
          : Number(missingGoLeft(decisions[node] ?? 0, thresholds[node] ?? 0, `${where}, node ${node}`)),
      ),
      zeros,
    ),
    categories: categoriesOf(block, thresholds, isCategory, list, where),
    values: joined(
      new Float64Array(splits),
      list('leaf_value', leaves).map((value) => share * value),
    ),
    gains: joined(list('split_gain', splits, true), zeros),
    rows: counts.map((count) => Math.min(2 ** 31 - 1, Math.max(0, count))),
    covers: joined(list('internal_weight', splits, true), list('leaf_weight', leaves, true)),
  };
}

/** Where missing numbers go; what is 0 goes where its comparison says, or the model is refused. */
function missingGoLeft(decision: number, threshold: number, where: string): boolean {
  const isDefaultLeft = (decision & DECISION.defaultLeft) !== 0;
  const missing = MISSING[(decision >> 2) & 3];
  if (missing === undefined) throw malformed(`${where}, decision_type`, `is ${decision}`);
  if (missing === 'nan') return isDefaultLeft;
  const isZeroLeft = threshold >= 0;
  if (missing === 'none') return isZeroLeft;
  const isSame = isZeroLeft === isDefaultLeft && !(threshold > -ZERO && threshold < ZERO && threshold !== 0);
  if (!isSame)
    throw unsupported(
      `A split of LightGBM at which 0 is taken as missing and goes ${isDefaultLeft ? 'left' : 'right'}, away from where ${threshold} sends it,`,
      'Train with zero_as_missing=false.',
    );
  return isDefaultLeft;
}

/** Categories that go left, in bits. */
function categoriesOf(
  block: Lines,
  thresholds: Float64Array,
  isCategory: (node: number) => boolean,
  list: (name: string, length: number) => Float64Array,
  where: string,
): ReadTree['categories'] {
  const sets = new Map<number, { readonly listed: readonly number[]; readonly goLeft: boolean }>();
  const count = countOf(block.get('num_cat') ?? 0, `${where}.num_cat`, thresholds.length);
  if (count === 0) {
    const node = thresholds.findIndex((_, at) => isCategory(at));
    if (node >= 0) throw malformed(`${where}.num_cat`, `is 0, and node ${node} asks for categories`);
    return sets;
  }
  const boundaries = list('cat_boundaries', count + 1);
  const words = list('cat_threshold', countOf(boundaries.at(-1), `${where}.cat_boundaries`, MOST_LEAVES));
  for (const [node, set] of thresholds.entries()) {
    if (!isCategory(node)) continue;
    const [from, to] = [boundaries[set] ?? -1, boundaries[set + 1] ?? -1];
    if (!(from >= 0 && to >= from))
      throw malformed(`${where}.threshold[${node}]`, `names set ${set} of ${count}`);
    const listed: number[] = [];
    for (let at = from; at < to; at++)
      for (let bit = 0; bit < 32; bit++)
        if (((words[at] ?? 0) >>> bit) & 1) listed.push(32 * (at - from) + bit);
    sets.set(node, { listed, goLeft: true });
  }
  return sets;
}
