import type { Forest } from './forest.ts';
import { goesLeft, leafAdds } from './predict.ts';
import { interventionalValues } from './shap-background.ts';
import type { TreeTable } from './table.ts';

/**
 * What each column contributes to a row's raw scores: Shapley values of the trees, exactly. Without a background a column that is not
 * known is averaged over the rows of the training that came by each split (TreeSHAP, path-dependent: Lundberg et al. 2018), O(leaves x
 * depth^2) a tree; with one it has, in turn, what each row of the background has (interventional: Lundberg et al. 2020), O(leaves x
 * depth) a tree and row of it: columns that no tree asks for get nothing then, whatever they go along with.
 *
 * @throws TRS_TREES_SHAPE of a background with other columns than the training
 * @returns [outputs, width + 1]: a contribution a column, and behind them the score when nothing is known; they add up to `rawScores`
 */
export function shapValues(
  forest: Forest,
  row: ArrayLike<number>,
  background?: Pick<TreeTable, 'rows' | 'width' | 'matrix'>,
): Float64Array {
  if (background) return interventionalValues(forest, row, background);
  const { outputs, width, roots, initial } = forest;
  const values = new Float64Array(outputs * (width + 1));
  for (let output = 0; output < outputs; output++)
    values[output * (width + 1) + width] = initial[output] ?? 0;
  for (let tree = 0; tree < roots.length; tree++) {
    const root = roots[tree] ?? 0;
    const [first, last] = forest.vectors ? [0, outputs - 1] : [tree % outputs, tree % outputs];
    for (let output = first; output <= last; output++) {
      const place = output * (width + 1) + width;
      values[place] = (values[place] ?? 0) + meanOf(forest, tree, root, output);
    }
    descend({ forest, row, into: values, tree, first, last }, root, [], 1, 1, -1);
  }
  return values;
}

/** A column on the way from the root. */
interface Step {
  readonly feature: number;
  /** The share of the rows that go this way where the column is not known. */
  readonly zero: number;
  /** 1 where the row goes this way, else 0. */
  readonly one: number;
  /** The weight of the sets of known columns of each size. */
  readonly weight: number;
}

interface Explained {
  readonly forest: Forest;
  readonly row: ArrayLike<number>;
  readonly into: Float64Array;
  readonly tree: number;
  /** The outputs that the tree adds to. */
  readonly first: number;
  readonly last: number;
}

/** The mean of a tree's leaves over the rows that came to them. */
function meanOf(forest: Forest, tree: number, node: number, output: number): number {
  if ((forest.features[node] ?? -1) < 0) return leafAdds(forest, tree, node, output);
  const [left, right] = [forest.left[node] ?? 0, forest.right[node] ?? 0];
  const share = shareOf(forest, node, left);
  return share * meanOf(forest, tree, left, output) + (1 - share) * meanOf(forest, tree, right, output);
}

const shareOf = (forest: Forest, node: number, child: number): number =>
  (forest.rows[child] ?? 0) / (forest.rows[node] ?? 1);

/** Algorithm 2 of the paper, by its names. */
function descend(
  explained: Explained,
  node: number,
  before: readonly Step[],
  zero: number,
  one: number,
  feature: number,
): void {
  const { forest, row, into, tree, first, last } = explained;
  const path = extend(before, zero, one, feature);
  const asked = forest.features[node] ?? -1;
  if (asked < 0) {
    for (let at = 1; at < path.length; at++) {
      const step = path[at];
      if (!step) continue;
      const weight = unwind(path, at).reduce((sum, { weight: own }) => sum + own, 0) * (step.one - step.zero);
      for (let output = first; output <= last; output++) {
        const place = output * (forest.width + 1) + step.feature;
        into[place] = (into[place] ?? 0) + weight * leafAdds(forest, tree, node, output);
      }
    }
    return;
  }
  const [left, right] = [forest.left[node] ?? 0, forest.right[node] ?? 0];
  const isLeft = goesLeft(forest, node, row[asked] ?? Number.NaN);
  const [hot, cold] = isLeft ? [left, right] : [right, left];
  // A column that was asked before is taken off the way, and comes back with both of its splits.
  const earlier = path.findIndex((step, at) => at > 0 && step.feature === asked);
  const known = path[earlier];
  const shorter = known ? unwind(path, earlier) : path;
  const [knownZero, knownOne] = known ? [known.zero, known.one] : [1, 1];
  descend(explained, hot, shorter, knownZero * shareOf(forest, node, hot), knownOne, asked);
  descend(explained, cold, shorter, knownZero * shareOf(forest, node, cold), 0, asked);
}

function extend(path: readonly Step[], zero: number, one: number, feature: number): readonly Step[] {
  const length = path.length;
  const weights = [...path.map(({ weight }) => weight), length === 0 ? 1 : 0];
  for (let at = length - 1; at >= 0; at--) {
    const weight = weights[at] ?? 0;
    weights[at + 1] = (weights[at + 1] ?? 0) + (one * weight * (at + 1)) / (length + 1);
    weights[at] = (zero * weight * (length - at)) / (length + 1);
  }
  return [...path, { feature, zero, one, weight: 0 }].map((step, at) => ({
    ...step,
    weight: weights[at] ?? 0,
  }));
}

/** The path as if a step had never been taken. */
function unwind(path: readonly Step[], taken: number): readonly Step[] {
  const last = path.length - 1;
  const { one = 1, zero = 1 } = path[taken] ?? {};
  const weights = path.map(({ weight }) => weight);
  let next = weights[last] ?? 0;
  for (let at = last - 1; at >= 0; at--) {
    const weight = weights[at] ?? 0;
    if (one !== 0) {
      weights[at] = (next * (last + 1)) / ((at + 1) * one);
      next = weight - ((weights[at] ?? 0) * zero * (last - at)) / (last + 1);
    } else weights[at] = (weight * (last + 1)) / (zero * (last - at));
  }
  const steps = path.filter((_, at) => at !== taken);
  return steps.map((step, at) => ({ ...step, weight: weights[at] ?? 0 }));
}
