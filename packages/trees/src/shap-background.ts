import type { Forest } from './forest.ts';
import { goesLeft, leafAdds, rawScores } from './predict.ts';
import { checkShape, type TreeTable } from './table.ts';
import { TreesError } from './trees-error.ts';

/** Whose value a column has on a way through a tree. */
const [EITHER, ROWS, OTHERS] = [0, 1, 2] as const;

/**
 * Shapley values of a row against each row of a background, averaged: for each leaf that a mixture of both may come to, the columns
 * on the way that must have the row's values and those that must have the other's share its value as the definition says.
 *
 * @returns [outputs, width + 1]
 */
export function interventionalValues(
  forest: Forest,
  row: ArrayLike<number>,
  background: Pick<TreeTable, 'rows' | 'width' | 'matrix'>,
): Float64Array {
  checkShape(background, forest.width);
  const { rows, matrix } = background;
  if (rows < 1)
    throw new TreesError('SHAPE', 'A background of no rows explains nothing.', 'Give at least one row.', {
      rows,
    });
  const { outputs, width, roots } = forest;
  const values = new Float64Array(outputs * (width + 1));
  const marks = new Uint8Array(width);
  for (let other = 0; other < rows; other++) {
    const compared: Compared = {
      ...{ forest, row, matrix, from: other * width, marks, into: values, share: 1 / rows },
      ways: { rows: [], others: [] },
    };
    for (const [tree, root] of roots.entries()) descend(compared, tree, root);
  }
  const scores = rawScores(forest, background);
  for (const [at, score] of scores.entries()) {
    const place = (at % outputs) * (width + 1) + width;
    values[place] = (values[place] ?? 0) + score / rows;
  }
  return values;
}

interface Compared {
  readonly forest: Forest;
  readonly row: ArrayLike<number>;
  /** The background, and where its row begins. */
  readonly matrix: ArrayLike<number>;
  readonly from: number;
  /** Of each column, whose value it has by now. */
  readonly marks: Uint8Array;
  /** The columns that have the row's values, and those that have the other's. */
  readonly ways: { readonly rows: number[]; readonly others: number[] };
  readonly into: Float64Array;
  readonly share: number;
}

function descend(compared: Compared, tree: number, node: number): void {
  const { forest, row, matrix, from, marks, ways } = compared;
  const feature = forest.features[node] ?? -1;
  if (feature < 0) {
    addLeaf(compared, tree, node);
    return;
  }
  const childOf = (isLeft: boolean): number => (isLeft ? forest.left[node] : forest.right[node]) ?? 0;
  const own = childOf(goesLeft(forest, node, row[feature] ?? Number.NaN));
  const other = childOf(goesLeft(forest, node, matrix[from + feature] ?? Number.NaN));
  const mark = marks[feature] ?? EITHER;
  if (own === other || mark === ROWS) {
    descend(compared, tree, own);
    return;
  }
  if (mark === OTHERS) {
    descend(compared, tree, other);
    return;
  }
  for (const [whose, way, child] of [
    [ROWS, ways.rows, own],
    [OTHERS, ways.others, other],
  ] as const) {
    marks[feature] = whose;
    way.push(feature);
    descend(compared, tree, child);
    way.pop();
  }
  marks[feature] = EITHER;
}

/** A leaf counts where all of the row's columns are known and none of the other's: (x - 1)! o! / (x + o)! for each of x, less for each of o. */
function addLeaf({ forest, ways, into, share }: Compared, tree: number, leaf: number): void {
  const [x, o] = [ways.rows.length, ways.others.length];
  if (x + o === 0) return;
  const ofRows = share * weightOf(x - 1, o);
  const ofOthers = -share * weightOf(x, o - 1);
  const { outputs, width } = forest;
  const [first, last] = forest.vectors ? [0, outputs - 1] : [tree % outputs, tree % outputs];
  for (let output = first; output <= last; output++) {
    const value = leafAdds(forest, tree, leaf, output);
    const at = output * (width + 1);
    for (const column of ways.rows) into[at + column] = (into[at + column] ?? 0) + ofRows * value;
    for (const column of ways.others) into[at + column] = (into[at + column] ?? 0) + ofOthers * value;
  }
}

/** a! b! / (a + b + 1)!, without large numbers. */
function weightOf(a: number, b: number): number {
  let weight = 1 / (a + b + 1);
  for (let of = 1; of <= Math.min(a, b); of++) weight *= of / (Math.max(a, b) + of);
  return weight;
}
