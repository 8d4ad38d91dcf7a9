import type { Activation } from '../activation.ts';
import {
  countOf,
  type Fields,
  fieldsOf,
  listOf,
  malformed,
  numberOf,
  numbersOf,
  textOf,
  unsupported,
} from './fields.ts';
import { forestOf, MOST_COLUMNS, type ReadTree } from './read-trees.ts';
import type { SavedBy, SavedForest } from './saved-by.ts';
import { MOST_DEPTH, readUbjson } from './ubjson.ts';

/** What becomes of a score, and of the base score before it is one. */
const OBJECTIVES: readonly (readonly [
  name: RegExp,
  activation: Activation,
  baseScore: 'as it is' | 'log' | 'logit',
])[] = [
  [/^(binary|reg):logistic$/, 'logistic', 'logit'],
  [/^binary:logitraw$/, 'identity', 'as it is'],
  [/^(count:poisson|reg:gamma|reg:tweedie|survival:aft|survival:cox)$/, 'exponential', 'log'],
  [/^multi:soft(max|prob)$/, 'softmax', 'as it is'],
  [
    /^(reg:(squarederror|squaredlogerror|linear|absoluteerror|pseudohubererror|quantileerror)|rank:\w+)$/,
    'identity',
    'as it is',
  ],
];
const MOST_OUTPUTS = 10_000;
/** A share of rows as a whole number: XGBoost sums curvatures and does not count. */
const ALL_ROWS = 2 ** 30;

/**
 * Reads a model that XGBoost has saved as JSON or UBJSON (`save_model('m.json')`, `'m.ubj'`), of all its trees; `multi:softmax` gives
 * probabilities as `multi:softprob` does. It predicts the same numbers, missing values (NaN) and categories included: to 1e-6, as
 * XGBoost adds up in float32. A category that is no whole number is unknown here, where XGBoost cuts it off.
 *
 * @throws TRS_TREES_MODEL naming what is broken, or what is not read: linear boosters, leaves that are vectors, `binary:hinge`
 */
export function readXgboost(bytes: Uint8Array): SavedForest {
  const { learner, version } = fieldsOf(parse(bytes), 'the model');
  const own = fieldsOf(learner, 'learner');
  const parameters = fieldsOf(own.learner_model_param, 'learner.learner_model_param');
  const { name } = fieldsOf(own.objective, 'learner.objective');
  const objective = textOf(name, 'learner.objective.name');
  const known = OBJECTIVES.find(([pattern]) => pattern.test(objective));
  if (!known)
    throw unsupported(
      `The objective ${objective} of XGBoost`,
      'Read models whose scores are summed and turned into values.',
    );
  const [, activation, scale] = known;
  const width = countOf(parameters.num_feature, 'learner_model_param.num_feature', MOST_COLUMNS);
  if (width === 0) throw malformed('learner_model_param.num_feature', 'is 0');
  const outputs = Math.max(
    1,
    countOf(parameters.num_class ?? 0, 'learner_model_param.num_class', MOST_OUTPUTS),
    countOf(parameters.num_target ?? 1, 'learner_model_param.num_target', MOST_OUTPUTS),
  );
  const base = baseScoresOf(parameters.base_score, outputs);
  const { trees, where } = treesOf(fieldsOf(own.gradient_booster, 'learner.gradient_booster'), outputs);
  const found = forestOf(
    trees,
    {
      ...{ objective, activation, outputs, width, isFloat32: true },
      initial: base.map((score) => marginOf(score, scale)),
    },
    where,
  );
  return { ...found, savedBy: savedByOf(own, version, width) };
}

function savedByOf(learner: Fields, version: unknown, width: number): SavedBy {
  const names = listOf(learner.feature_names ?? [], 'learner.feature_names');
  if (names.length !== 0 && names.length !== width)
    throw malformed('learner.feature_names', `has ${names.length} entries for ${width} columns`);
  const attributes = fieldsOf(learner.attributes ?? {}, 'learner.attributes');
  const best = attributes.best_iteration;
  return {
    library: Array.isArray(version) ? `XGBoost ${version.join('.')}` : 'XGBoost',
    columns: names.map((name, at) => textOf(name, `learner.feature_names[${at}]`)),
    categoryNames: new Map(),
    ...(best === undefined ? {} : { bestRound: countOf(best, 'learner.attributes.best_iteration', 2 ** 31) }),
  };
}

function parse(bytes: Uint8Array): unknown {
  // As XGBoost tells them apart: behind the brace of JSON comes a quote or white space.
  const isJson = bytes[0] === 0x7b && /["\s}]/.test(String.fromCharCode(bytes[1] ?? 0));
  if (!isJson && bytes[0] !== 0x7b)
    throw malformed('the model', 'begins with no brace: it is neither JSON nor UBJSON of XGBoost');
  if (!isJson) return readUbjson(bytes);
  checkNesting(bytes);
  try {
    // XGBoost writes NaN as if JSON had a word for it, as the threshold of a set of categories.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|\bNaN\b/g, (part) => (part === 'NaN' ? 'null' : part)));
  } catch {
    throw malformed('the model', 'is no JSON');
  }
}

/** Lists and objects of a model, all together: XGBoost writes some twenty a tree. */
const MOST_LISTS = 2 ** 24;

/** A parser takes memory for each list before anybody can look at them. */
function checkNesting(bytes: Uint8Array): void {
  let [depth, lists, isText] = [0, 0, false];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (isText) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) isText = false;
    } else if (byte === 0x22) isText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > MOST_DEPTH)
        throw malformed(`byte ${at}`, `lies in more than ${MOST_DEPTH} lists and objects`);
      if (++lists > MOST_LISTS) throw malformed('the model', `has more than ${MOST_LISTS} lists and objects`);
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
}

/** One, or in newer versions a list of one an output, as text. */
function baseScoresOf(value: unknown, outputs: number): Float64Array {
  const text = textOf(value, 'learner_model_param.base_score').trim();
  const parts = text.replace(/^\[(.*)\]$/, '$1').split(',');
  const scores = parts.map((part) => numberOf(part, 'learner_model_param.base_score'));
  if (scores.length !== 1 && scores.length !== outputs)
    throw malformed('learner_model_param.base_score', `has ${scores.length} entries for ${outputs} outputs`);
  return Float64Array.from({ length: outputs }, (_, output) => scores[scores.length === 1 ? 0 : output] ?? 0);
}

function marginOf(score: number, scale: 'as it is' | 'log' | 'logit'): number {
  const margin = scale === 'log' ? Math.log(score) : scale === 'logit' ? -Math.log(1 / score - 1) : score;
  if (!Number.isFinite(margin))
    throw malformed('learner_model_param.base_score', `is ${score}, of which there is no score`);
  return Math.fround(margin);
}

/** The trees in the order that a forest has them: of the outputs in turn. */
function treesOf(
  booster: Fields,
  outputs: number,
): { readonly trees: readonly ReadTree[]; readonly where: string } {
  const name = textOf(booster.name, 'gradient_booster.name');
  const isDart = name === 'dart';
  if (!isDart && name !== 'gbtree')
    throw unsupported(`The booster ${name} of XGBoost`, 'Train with gbtree or dart.');
  const gbtree = isDart ? fieldsOf(booster.gbtree, 'gradient_booster.gbtree') : booster;
  const model = fieldsOf(gbtree.model, 'gradient_booster.model');
  const where = 'gradient_booster.model.trees';
  const given = listOf(model.trees, where);
  const infos = numbersOf(model.tree_info, 'gradient_booster.model.tree_info', given.length);
  const weights = isDart
    ? inFloat32(numbersOf(booster.weight_drop, 'gradient_booster.weight_drop', given.length))
    : undefined;
  const byOutput: ReadTree[][] = Array.from({ length: outputs }, () => []);
  for (const [at, tree] of given.entries()) {
    const own = byOutput[infos[at] ?? -1];
    if (!own) throw malformed(`tree_info[${at}]`, `is ${infos[at]}; there are ${outputs} outputs`);
    own.push(treeOf(fieldsOf(tree, `${where}[${at}]`), weights?.[at] ?? 1, `${where}[${at}]`));
  }
  const rounds = byOutput[0]?.length ?? 0;
  if (byOutput.some(({ length }) => length !== rounds))
    throw malformed('gradient_booster.model.tree_info', 'has not as many trees of each output');
  return {
    trees: Array.from({ length: rounds }, (_, round) => byOutput.flatMap((own) => own[round] ?? [])).flat(),
    where,
  };
}

function treeOf(tree: Fields, weight: number, where: string): ReadTree {
  const vector = fieldsOf(tree.tree_param, `${where}.tree_param`).size_leaf_vector ?? 0;
  if (numberOf(vector, `${where}.tree_param.size_leaf_vector`) > 1)
    throw unsupported(
      'A tree of XGBoost whose leaves are vectors',
      'Train with multi_strategy one_output_per_tree.',
    );
  const left = numbersOf(tree.left_children, `${where}.left_children`);
  const count = left.length;
  const list = (name: string) => numbersOf(tree[name], `${where}.${name}`, count);
  const categories = categoriesOf(tree, count, where);
  const conditions = conditionsOf(tree.split_conditions, categories, `${where}.split_conditions`, count);
  const covers = inFloat32(list('sum_hessian'));
  const defaultLeft = list('default_left');
  const all = covers[0] ?? 0;
  return {
    left,
    right: list('right_children'),
    features: list('split_indices'),
    // Left is what is below: in float32 what is up to the number before.
    thresholds: conditions.map(numberBefore),
    missingLeft: defaultLeft,
    categories,
    values: conditions.map((value) => weight * value),
    gains: inFloat32(list('loss_changes')),
    rows: covers.map((cover) => (all > 0 ? Math.max(1, Math.round((cover / all) * ALL_ROWS)) : ALL_ROWS)),
    covers,
  };
}

/** JSON has them in decimals. */
const inFloat32 = (numbers: Float64Array): Float64Array => numbers.map(Math.fround);

/** Thresholds, and the values of leaves; sets of categories have none. */
function conditionsOf(
  value: unknown,
  sets: ReadTree['categories'],
  where: string,
  count: number,
): Float64Array {
  const own = listOf(value, where).map((one, node) => (sets.has(node) ? 0 : one));
  return inFloat32(numbersOf(own, where, count));
}

/** The float32 number before one. */
function numberBefore(given: number): number {
  const [value, bits] = [new Float32Array(1), new Int32Array(1)];
  const view = new DataView(value.buffer);
  view.setFloat32(0, given);
  bits[0] = view.getInt32(0);
  // 0 has two sets of bits, of which neither counts down to a negative number.
  if (Math.fround(given) === 0) bits[0] = 0x80000001 | 0;
  else bits[0] = (bits[0] ?? 0) + (given > 0 ? -1 : 1);
  view.setInt32(0, bits[0] ?? 0);
  return view.getFloat32(0);
}

/** Categories that go right. */
function categoriesOf(tree: Fields, count: number, where: string): ReadTree['categories'] {
  const types = tree.split_type === undefined ? [] : numbersOf(tree.split_type, `${where}.split_type`, count);
  const none = (name: string) =>
    tree[name] === undefined ? new Float64Array(0) : numbersOf(tree[name], `${where}.${name}`);
  const [nodes, segments, sizes, categories] = [
    none('categories_nodes'),
    none('categories_segments'),
    none('categories_sizes'),
    none('categories'),
  ];
  if (nodes.length !== segments.length || nodes.length !== sizes.length)
    throw malformed(`${where}.categories_nodes`, 'has another length than its segments and sizes');
  const sets = new Map<number, { readonly listed: readonly number[]; readonly goLeft: boolean }>();
  for (const [at, node] of nodes.entries()) {
    const [from, size] = [segments[at] ?? 0, sizes[at] ?? 0];
    if (!(from >= 0 && size >= 0 && from + size <= categories.length))
      throw malformed(`${where}.categories_segments[${at}]`, 'lies beyond the categories');
    sets.set(node, { listed: [...categories.subarray(from, from + size)], goLeft: false });
  }
  for (let node = 0; node < count; node++)
    if ((types[node] === 1) !== sets.has(node))
      throw malformed(`${where}.split_type[${node}]`, 'and the nodes with categories do not agree');
  return sets;
}
