import { activate } from './activation.ts';
import { placeOf } from './category-place.ts';
import type { Forest } from './forest.ts';
import { checkShape, type TreeTable } from './table.ts';
import { BLOCK_ROWS, walkerOf } from './walk.ts';

/** From so many rows times trees on it pays to lay the trees out for the kernel. */
const WORTH_LAYING_OUT = 40_000;

/** Whether a value goes left at a node. */
export function goesLeft(forest: Forest, node: number, given: number): boolean {
  const set = forest.setsAt[node] ?? -1;
  if (set < 0) {
    if (Number.isNaN(given)) return forest.missingLeft[node] === 1;
    return (forest.isFloat32 ? Math.fround(given) : given) <= (forest.thresholds[node] ?? 0);
  }
  const count = forest.categories[forest.features[node] ?? 0] ?? 0;
  const place = placeOf(given, count);
  return (((forest.sets[set + (place >> 5)] ?? 0) >>> (place & 31)) & 1) === 1;
}

function leafOf(forest: Forest, root: number, values: ArrayLike<number>, from: number): number {
  const { features, left, right } = forest;
  let node = root;
  for (let feature = features[node] ?? -1; feature >= 0; feature = features[node] ?? -1)
    node = (goesLeft(forest, node, values[from + feature] ?? Number.NaN) ? left[node] : right[node]) ?? 0;
  return node;
}

/** What a leaf adds to an output; of trees that are of one output each, the others' get nothing. */
export function leafAdds(forest: Forest, tree: number, leaf: number, output: number): number {
  const { vectors, outputs, values } = forest;
  if (vectors) return vectors.entries[(vectors.at[leaf] ?? 0) + output] ?? 0;
  return tree % outputs === output ? (values[leaf] ?? 0) : 0;
}

/** Adds a leaf of a tree to a row's scores. */
function addLeaf(forest: Forest, tree: number, leaf: number, scores: Float64Array, at: number): void {
  const { vectors, outputs, values } = forest;
  if (!vectors) {
    const place = at + (tree % outputs);
    scores[place] = (scores[place] ?? 0) + (values[leaf] ?? 0);
    return;
  }
  const vector = vectors.at[leaf] ?? 0;
  for (let output = 0; output < outputs; output++)
    scores[at + output] = (scores[at + output] ?? 0) + (vectors.entries[vector + output] ?? 0);
}

/** Adds the leaves of a tree to the scores of rows that follow each other. */
function addLeaves(
  forest: Forest,
  tree: number,
  leaves: Int32Array,
  scores: Float64Array,
  fromRow: number,
): void {
  const { vectors, outputs, values } = forest;
  if (vectors) {
    for (let of = 0; of < leaves.length; of++)
      addLeaf(forest, tree, leaves[of] ?? 0, scores, (fromRow + of) * outputs);
    return;
  }
  let at = fromRow * outputs + (tree % outputs);
  for (let of = 0; of < leaves.length; of++, at += outputs)
    scores[at] = (scores[at] ?? 0) + (values[leaves[of] ?? 0] ?? 0);
}

/**
 * The sums of the trees' leaves: numbers, log odds, or what softmax takes.
 *
 * @returns [rows, outputs]
 * @throws TRS_TREES_SHAPE
 */
export function rawScores(
  forest: Forest,
  table: Pick<TreeTable, 'rows' | 'width' | 'matrix'>,
): Float64Array<ArrayBuffer> {
  checkShape(table, forest.width);
  const { rows, width, matrix } = table;
  const { outputs, roots, initial } = forest;
  const walker = rows * roots.length >= WORTH_LAYING_OUT ? walkerOf(forest) : undefined;
  const scores = new Float64Array(rows * outputs);
  for (let at = 0; at < scores.length; at++) scores[at] = initial[at % outputs] ?? 0;
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    const to = Math.min(rows, from + BLOCK_ROWS);
    walker?.take(table, from, to - from);
    for (let tree = 0; tree < roots.length; tree++) {
      if (walker) addLeaves(forest, tree, walker.leaves(tree), scores, from);
      else
        for (let row = from; row < to; row++)
          addLeaf(forest, tree, leafOf(forest, roots[tree] ?? 0, matrix, row * width), scores, row * outputs);
    }
  }
  return scores;
}

/**
 * Numbers, the probabilities of the second of two classes, or those of each of several.
 *
 * @returns [rows, outputs]
 * @throws TRS_TREES_SHAPE
 */
export function predict(
  forest: Forest,
  table: Pick<TreeTable, 'rows' | 'width' | 'matrix'>,
): Float64Array<ArrayBuffer> {
  const scores = rawScores(forest, table);
  activate(forest.activation, scores, forest.outputs);
  return scores;
}

/**
 * What is predicted of one row: [outputs], written into `into` where that is given.
 *
 * @param row a value a column; NaN where it is missing
 */
export function predictRow(
  forest: Forest,
  row: ArrayLike<number>,
  into: Float64Array = new Float64Array(forest.outputs),
): Float64Array {
  into.set(forest.initial);
  for (let tree = 0; tree < forest.roots.length; tree++)
    addLeaf(forest, tree, leafOf(forest, forest.roots[tree] ?? 0, row, 0), into, 0);
  activate(forest.activation, into, forest.outputs);
  return into;
}
