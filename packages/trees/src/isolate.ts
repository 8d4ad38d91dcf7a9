import { breathe } from './breath.ts';
import { type Forest, ForestBuilder, missingAsUnknown, setWords } from './forest.ts';
import { type Limit, withDefaults } from './limits.ts';
import { drawFirst, randomIntegers } from './random.ts';
import { checkTable, readColumn, type TreeTable } from './table.ts';

export interface IsolateOptions {
  readonly trees?: number;
  /** Rows that each tree draws, at most. */
  readonly rows?: number;
  /** Of what is drawn. */
  readonly seed?: number;
}

const DEFAULTS = { trees: 100, rows: 256, seed: 0 };
const LIMITS: Readonly<Record<keyof typeof DEFAULTS, Limit>> = {
  trees: [1, 100_000, 'whole'],
  rows: [2, 2 ** 24, 'whole'],
  seed: [-(2 ** 53), 2 ** 53, 'whole'],
};

const EULER = 0.5772156649015329;

/** How many splits an unsuccessful search of a binary tree of so many rows takes on average. */
export function averagePath(rows: number): number {
  if (rows <= 1) return 0;
  return rows === 2 ? 1 : 2 * (Math.log(rows - 1) + EULER) - (2 * (rows - 1)) / rows;
}

/**
 * Grows an isolation forest (Liu et al. 2008): trees that divide a few drawn rows at drawn values, in which what is odd stands alone
 * soon. What it predicts of a row is its anomaly score, 2^(-mean path / average path): near 1 odd, 0.5 and below usual, as minus
 * scikit-learn's `score_samples`. It needs no targets. Missing numbers go a drawn way, of categories a drawn half.
 *
 * @throws TRS_TREES_OPTION, TRS_TREES_SHAPE, TRS_TREES_INFINITE, TRS_TREES_CATEGORIES, the signal's reason
 */
export async function isolate(
  table: TreeTable,
  options: IsolateOptions = {},
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Forest> {
  signal?.throwIfAborted();
  checkTable(table);
  const { trees, rows: most, seed } = withDefaults(options, DEFAULTS, LIMITS);
  const breath = breathe(signal);
  const { rows, width, matrix } = table;
  const columns = Array.from({ length: width }, (_, column) => {
    const values = new Float64Array(rows);
    readColumn(table, column, values);
    return { values, categories: table.categories?.[column] ?? 0 };
  });
  const drawn = Math.min(most, rows);
  const isFloat32 = matrix instanceof Float32Array;
  const builder = new ForestBuilder();
  // Scores are powers of 2 of minus the mean path; trees give the exponent of e.
  const unit = -Math.LN2 / (Math.max(1, averagePath(drawn)) * trees);
  const grow = isolating(columns, { isFloat32, depth: Math.ceil(Math.log2(Math.max(2, drawn))) });
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  for (let tree = 0; tree < trees; tree++) {
    const next = randomIntegers(Math.imul(seed + 1, 0x9e3779b1) + Math.imul(tree, 0x85ebca6b));
    drawFirst(order, drawn, next);
    grow(builder, order.slice(0, drawn), unit, next);
    if (breath.isDue()) await breath.take();
  }
  return builder.finish({
    ...{ objective: 'isolation', activation: 'exponential', outputs: 1, width, isFloat32 },
    initial: new Float64Array(1),
    categories: Int32Array.from(columns, ({ categories }) => categories),
  });
}

interface Column {
  readonly values: Float64Array;
  readonly categories: number;
}

/** How a drawn column divides some rows. */
interface Cut {
  readonly threshold: number;
  readonly set: Uint32Array | undefined;
  readonly missingLeft: boolean;
  readonly isLeft: (value: number) => boolean;
}

function isolating(columns: readonly Column[], { isFloat32, depth }: { isFloat32: boolean; depth: number }) {
  const places = Int32Array.from(columns.keys());
  /** The cut of the first drawn column that varies. */
  const cutOf = (rows: Int32Array, next: () => number): (Cut & { readonly feature: number }) | undefined => {
    drawFirst(places, places.length, next);
    for (const feature of places) {
      const column = columns[feature];
      const cut =
        column &&
        (column.categories > 0 ? halve(column, rows, next) : between(column, rows, isFloat32, next));
      if (cut) return { ...cut, feature };
    }
    return undefined;
  };
  return (builder: ForestBuilder, all: Int32Array, unit: number, next: () => number): void => {
    builder.beginTree();
    const open = [{ rows: all, node: builder.addLeaf(all.length, all.length), at: 0 }];
    for (let part = open.pop(); part; part = open.pop()) {
      const { rows, node, at } = part;
      const cut = rows.length > 1 && at < depth ? cutOf(rows, next) : undefined;
      if (!cut) {
        builder.setValue(node, unit * (at + averagePath(rows.length)));
        continue;
      }
      const { feature, threshold, set, missingLeft, isLeft } = cut;
      const values = columns[feature]?.values ?? new Float64Array(0);
      builder.split(node, { feature, threshold, set, missingLeft, gain: 0 });
      const left = rows.filter((row) => isLeft(values[row] ?? 0));
      const right = rows.filter((row) => !isLeft(values[row] ?? 0));
      const below = { rows: left, node: builder.addLeaf(left.length, left.length), at: at + 1 };
      const above = { rows: right, node: builder.addLeaf(right.length, right.length), at: at + 1 };
      builder.connect(node, below.node, above.node);
      open.push(above, below);
    }
  };
}

/** A number between the least and the largest; of one value and missing ones, those are what is divided. */
function between(
  { values }: Column,
  rows: Int32Array,
  isFloat32: boolean,
  next: () => number,
): Cut | undefined {
  let [least, largest, missing] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const row of rows) {
    const value = values[row] ?? 0;
    if (Number.isNaN(value)) missing += 1;
    else [least, largest] = [Math.min(least, value), Math.max(largest, value)];
  }
  if (missing === rows.length || (least === largest && missing === 0)) return undefined;
  const drawn = least + (next() / 2 ** 32) * (largest - least);
  const edge = isFloat32 ? Math.fround(drawn) : drawn;
  // Rounded up to the largest, or with no number between, nothing would go right.
  const threshold = least === largest || (edge >= least && edge < largest) ? edge : least;
  const missingLeft = least < largest && next() % 2 === 1;
  return {
    ...{ threshold, set: undefined, missingLeft },
    isLeft: (value) => (Number.isNaN(value) ? missingLeft : value <= threshold),
  };
}

/** A drawn part of the categories that are there, missing ones among them. */
function halve({ values, categories }: Column, rows: Int32Array, next: () => number): Cut | undefined {
  const binOf = (value: number): number => (Number.isNaN(value) ? categories : value);
  const present = Int32Array.from(new Set(Array.from(rows, (row) => binOf(values[row] ?? 0)))).sort();
  if (present.length < 2) return undefined;
  drawFirst(present, present.length, next);
  const chosen = new Set(present.subarray(0, 1 + Math.floor((next() / 2 ** 32) * (present.length - 1))));
  const set = new Uint32Array(setWords(categories));
  for (const bin of chosen) set[bin >> 5] = (set[bin >> 5] ?? 0) | (1 << (bin & 31));
  missingAsUnknown(set, categories);
  return { threshold: 0, set, missingLeft: false, isLeft: (value) => chosen.has(binOf(value)) };
}
