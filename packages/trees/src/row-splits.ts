import type { BinnedTable } from './bins.ts';
import { missingAsUnknown, setWords } from './forest.ts';
import { drawFirst } from './random.ts';

/** What the rows of a node are to be told apart by: numbers, or classes. */
export interface RowTargets {
  /** Numbers; the places of classes where there are several. */
  readonly values: Float64Array;
  /** 1 of numbers, else how many classes. */
  readonly outputs: number;
}

export interface RowSplitLimits {
  readonly minRows: number;
  readonly minGain: number;
  /** The columns that may vary of which the best is taken. */
  readonly columnsByNode: number;
  /** Whether one split of each column is drawn instead of all being compared (Geurts et al. 2006). */
  readonly isRandom: boolean;
}

/** What the rows of a node have in common. */
export interface RowTotals {
  /** The sum of the weights. */
  weight: number;
  /** The sum of weighted numbers, or the weights of each class. */
  readonly sums: Float64Array;
  /** Whether all have the same target. */
  isPure: boolean;
}

/** The rows of a node: a part of a list. */
export interface NodeRows {
  readonly rows: Int32Array;
  readonly from: number;
  readonly to: number;
  /** Of all rows: how much each counts. */
  readonly weights: Float64Array;
}

/** How the rows of a node are divided best. */
export interface RowSplit {
  readonly column: number;
  readonly bin: number;
  /** The bins of categories that go left; the words that the column takes. */
  readonly set: Uint32Array | undefined;
  readonly missingLeft: boolean;
  readonly gain: number;
}

/** Up to so many rows are sorted by insertion. */
const FEW = 12;

/**
 * Finds the best of some drawn columns' splits by lower squared error or Gini's impurity (Breiman 2001), from the rows themselves:
 * in the small nodes of deep trees histograms of all bins would be mostly empty. O(rows) a column.
 */
export function rowSplitter(
  table: BinnedTable,
  { values, outputs }: RowTargets,
  { minRows, minGain, columnsByNode, isRandom }: RowSplitLimits,
  rows: number,
) {
  const none = new Uint8Array(0);
  const isClasses = outputs > 1;
  // The rows of a node, sorted by their bins, and each bin's part of them: a run.
  const sorted = new Int32Array(rows);
  const binOfRow = new Uint8Array(rows);
  const counts = new Int32Array(257);
  const present = new Int32Array(8);
  const keys = new Int32Array(FEW);
  const [runBin, runFrom] = [new Int32Array(257), new Int32Array(257)];
  const [binWeight, binSum] = [new Float64Array(257), new Float64Array(257)];
  const [order, means] = [new Int32Array(257), new Float64Array(257)];
  const totals: RowTotals = { weight: 0, sums: new Float64Array(outputs), isPure: true };
  const left = {
    rows: 0,
    weight: 0,
    sum: 0,
    squares: 0,
    squaresRight: 0,
    classes: new Float64Array(outputs),
  };
  const best = { column: -1, bin: 0, missingLeft: false, score: 0, rows: 0, hasMissing: false };
  let [runs, nodeRows, parentScore] = [0, 0, 0];
  let set: Uint32Array | undefined;

  const total = (rowsOf: Int32Array, from: number, to: number, weights: Float64Array): RowTotals => {
    totals.weight = 0;
    totals.sums.fill(0);
    totals.isPure = true;
    const first = values[rowsOf[from] ?? 0] ?? 0;
    for (let at = from; at < to; at++) {
      const row = rowsOf[at] ?? 0;
      const [weight, value] = [weights[row] ?? 0, values[row] ?? 0];
      totals.weight += weight;
      if (value !== first) totals.isPure = false;
      if (isClasses) totals.sums[value] = (totals.sums[value] ?? 0) + weight;
      else totals.sums[0] = (totals.sums[0] ?? 0) + weight * value;
    }
    return totals;
  };

  const addToBin = (bin: number, row: number, weights: Float64Array): void => {
    const weight = weights[row] ?? 0;
    binWeight[bin] = (binWeight[bin] ?? 0) + weight;
    binSum[bin] = (binSum[bin] ?? 0) + weight * (values[row] ?? 0);
  };

  /** Sorts few rows by their bins. */
  const sortFew = (node: NodeRows, bins: Uint8Array): void => {
    for (let at = 0; at < nodeRows; at++) {
      const key = ((bins[node.rows[node.from + at] ?? 0] ?? 0) << 8) | at;
      let to = at;
      for (; to > 0 && (keys[to - 1] ?? 0) > key; to--) keys[to] = keys[to - 1] ?? 0;
      keys[to] = key;
    }
    let last = -1;
    for (let at = 0; at < nodeRows; at++) {
      const key = keys[at] ?? 0;
      const bin = key >> 8;
      if (bin !== last) {
        runBin[runs] = bin;
        runFrom[runs++] = at;
        binWeight[bin] = 0;
        binSum[bin] = 0;
        last = bin;
      }
      const row = node.rows[node.from + (key & 255)] ?? 0;
      sorted[at] = row;
      addToBin(bin, row, node.weights);
    }
    runFrom[runs] = nodeRows;
  };

  /** Sorts the rows of a node by the bins of a column; of numbers their sums are enough. @returns whether there are two */
  const collect = (node: NodeRows, bins: Uint8Array): boolean => {
    runs = 0;
    if (nodeRows <= FEW) {
      sortFew(node, bins);
      return runs > 1;
    }
    // Which bins there are, in bits: of few rows most bins have none, and are not looked at.
    present.fill(0);
    for (let at = 0; at < nodeRows; at++) {
      const row = node.rows[node.from + at] ?? 0;
      const bin = bins[row] ?? 0;
      binOfRow[at] = bin;
      const [word, bit] = [bin >> 5, 1 << (bin & 31)];
      if (((present[word] ?? 0) & bit) === 0) {
        present[word] = (present[word] ?? 0) | bit;
        counts[bin] = 0;
        binWeight[bin] = 0;
        binSum[bin] = 0;
      }
      counts[bin] = (counts[bin] ?? 0) + 1;
      if (!isClasses) addToBin(bin, row, node.weights);
    }
    let from = 0;
    for (let word = 0; word < present.length; word++)
      for (let bits = present[word] ?? 0; bits !== 0; bits &= bits - 1) {
        const bin = 32 * word + 31 - Math.clz32(bits & -bits);
        runBin[runs] = bin;
        runFrom[runs++] = from;
        const count = counts[bin] ?? 0;
        counts[bin] = from;
        from += count;
      }
    runFrom[runs] = from;
    if (runs < 2) return false;
    if (isClasses)
      for (let at = 0; at < nodeRows; at++) {
        const bin = binOfRow[at] ?? 0;
        const place = counts[bin] ?? 0;
        sorted[place] = node.rows[node.from + at] ?? 0;
        counts[bin] = place + 1;
      }
    return true;
  };

  const nothingLeft = (): void => {
    left.rows = 0;
    left.weight = 0;
    left.sum = 0;
    if (!isClasses) return;
    left.squares = 0;
    left.squaresRight = parentScore * totals.weight;
    left.classes.fill(0);
  };

  const moveRow = (row: number, weights: Float64Array): void => {
    const [weight, value] = [weights[row] ?? 0, values[row] ?? 0];
    left.rows += 1;
    left.weight += weight;
    if (!isClasses) {
      left.sum += weight * value;
      return;
    }
    const own = left.classes[value] ?? 0;
    const other = (totals.sums[value] ?? 0) - own;
    left.squares += weight * (2 * own + weight);
    left.squaresRight += weight * (weight - 2 * other);
    left.classes[value] = own + weight;
  };

  const moveLeft = (run: number, weights: Float64Array): void => {
    const [bin, from, to] = [runBin[run] ?? 0, runFrom[run] ?? 0, runFrom[run + 1] ?? 0];
    if (isClasses) {
      for (let at = from; at < to; at++) moveRow(sorted[at] ?? 0, weights);
      return;
    }
    left.rows += to - from;
    left.weight += binWeight[bin] ?? 0;
    left.sum += binSum[bin] ?? 0;
  };

  const isBetter = (column: number): boolean => {
    if (left.rows < minRows || nodeRows - left.rows < minRows) return false;
    const rest = totals.weight - left.weight;
    if (!(left.weight > 0 && rest > 0)) return false;
    const sumRight = (totals.sums[0] ?? 0) - left.sum;
    const score = isClasses
      ? left.squares / left.weight + left.squaresRight / rest
      : (left.sum * left.sum) / left.weight + (sumRight * sumRight) / rest;
    // A split that gains nothing by itself may let the next ones gain, as of an exclusive or.
    if (!(score > best.score && (minGain === 0 || score - parentScore > minGain))) return false;
    best.score = score;
    best.column = column;
    best.rows = left.rows;
    return true;
  };

  const sumUpTo = ({ rows: rowsOf, from, weights }: NodeRows, cut: number, last: number): void => {
    let [moved, weight, sum] = [0, 0, 0];
    for (let at = 0; at < nodeRows; at++) {
      const row = rowsOf[from + at] ?? 0;
      const bin = binOfRow[at] ?? 0;
      const goesLeft = Number(bin <= cut) | Number(bin === last);
      const own = goesLeft * (weights[row] ?? 0);
      moved += goesLeft;
      weight += own;
      sum += own * (values[row] ?? 0);
    }
    left.rows = moved;
    left.weight = weight;
    left.sum = sum;
  };

  /** Draws one cut between the bins of a column. @returns whether there are two */
  const tryRandomly = (node: NodeRows, column: number, bins: Uint8Array, next: () => number): boolean => {
    const count = table.counts[column] ?? 0;
    let [low, high, missing] = [512, -1, 0];
    for (let at = 0; at < nodeRows; at++) {
      const bin = bins[node.rows[node.from + at] ?? 0] ?? 0;
      binOfRow[at] = bin;
      // Without branches: which way the next one goes nobody can predict.
      const isMissing = Number(bin === count);
      missing += isMissing;
      low = Math.min(low, bin + 256 * isMissing);
      high = Math.max(high, bin - 512 * isMissing);
    }
    if (high < 0 || (low === high && missing === 0)) return false;
    // Of one value and missing ones, those are what is divided.
    const cut = low + Math.floor((next() / 2 ** 32) * (high - low));
    const missingLeft = missing > 0 && low < high && next() % 2 === 1;
    const last = missingLeft ? count : -1;
    nothingLeft();
    if (isClasses) {
      for (let at = 0; at < nodeRows; at++) {
        const bin = binOfRow[at] ?? 0;
        if (bin <= cut || bin === last) moveRow(node.rows[node.from + at] ?? 0, node.weights);
      }
    } else sumUpTo(node, cut, last);
    if (isBetter(column)) {
      best.bin = cut;
      best.hasMissing = missing > 0;
      best.missingLeft = missingLeft;
    }
    return true;
  };

  const tryNumbers = (column: number, weights: Float64Array): void => {
    const hasMissing = runBin[runs - 1] === table.counts[column];
    const present = hasMissing ? runs - 1 : runs;
    for (let way = 0; way < (hasMissing ? 2 : 1); way++) {
      nothingLeft();
      if (way === 1) moveLeft(present, weights);
      for (let run = 0; run < (hasMissing && way === 0 ? present : present - 1); run++) {
        moveLeft(run, weights);
        if (!isBetter(column)) continue;
        // Half-way between the two: nothing that was seen here says where else.
        const following = run + 1 < present ? (runBin[run + 1] ?? 0) : (runBin[run] ?? 0) + 1;
        best.bin = ((runBin[run] ?? 0) + following - 1) >> 1;
        best.hasMissing = hasMissing;
        best.missingLeft = way === 1;
      }
    }
  };

  /** Sets of categories: beginnings of their order by mean, which for numbers and two classes is the best (Fisher 1958). */
  const tryCategories = (column: number, weights: Float64Array, next: () => number): void => {
    for (let run = 0; run < runs; run++) order[run] = run;
    const ordered = order.subarray(0, runs);
    if (isRandom) drawFirst(ordered, runs, next);
    else orderByMean(ordered, weights, next);
    const cut = isRandom ? Math.floor((next() / 2 ** 32) * (runs - 1)) : -1;
    nothingLeft();
    let found = -1;
    for (let at = 0; at < runs - 1; at++) {
      moveLeft(ordered[at] ?? 0, weights);
      if ((!isRandom || at === cut) && isBetter(column)) found = at;
    }
    if (found < 0) return;
    const count = table.counts[column] ?? 0;
    // What was not seen here goes where most rows went.
    set = new Uint32Array(setWords(count)).fill(2 * best.rows > nodeRows ? 0xffffffff : 0);
    for (let at = 0; at < runs; at++) {
      const bin = runBin[ordered[at] ?? 0] ?? 0;
      const [word, bit] = [bin >> 5, 1 << (bin & 31)];
      set[word] = at <= found ? (set[word] ?? 0) | bit : (set[word] ?? 0) & ~bit;
    }
    missingAsUnknown(set, count);
  };

  /** Of several classes by the share of one of them, that of a drawn row. */
  const orderByMean = (ordered: Int32Array, weights: Float64Array, next: () => number): void => {
    const asked = isClasses ? values[sorted[next() % nodeRows] ?? 0] : undefined;
    for (let run = 0; run < runs; run++) {
      const bin = runBin[run] ?? 0;
      let [sum, weight] = [binSum[bin] ?? 0, binWeight[bin] ?? 0];
      if (isClasses) {
        [sum, weight] = [0, 0];
        for (let at = runFrom[run] ?? 0; at < (runFrom[run + 1] ?? 0); at++) {
          const row = sorted[at] ?? 0;
          weight += weights[row] ?? 0;
          if (values[row] === asked) sum += weights[row] ?? 0;
        }
      }
      means[run] = weight > 0 ? sum / weight : 0;
    }
    ordered.sort((a, b) => (means[a] ?? 0) - (means[b] ?? 0) || a - b);
  };

  return {
    /** What the rows of a node have in common; read before the next is asked. */
    total,
    /**
     * Finds the best split of the rows that were totalled last.
     *
     * @param columns of which the first `constants` are known not to vary in these rows; those that are found not to join them
     * @returns how many there are then, and the split, if one is allowed
     */
    find(
      node: NodeRows,
      columns: Int32Array,
      constants: number,
      next: () => number,
    ): { readonly constants: number; readonly split: RowSplit | undefined } {
      nodeRows = node.to - node.from;
      parentScore = totals.sums.reduce((sum, own) => sum + own * own, 0) / totals.weight;
      best.column = -1;
      best.score = Number.NEGATIVE_INFINITY;
      let known = constants;
      let [at, tried] = [constants, 0];
      // Drawn one by one, so that columns that do not vary take nobody's place.
      for (; at < columns.length && tried < columnsByNode; at++) {
        const other = at + Math.floor((next() / 2 ** 32) * (columns.length - at));
        const column = columns[other] ?? 0;
        columns[other] = columns[at] ?? 0;
        columns[at] = column;
        const bins = table.bins[column] ?? none;
        const isCategory = table.isCategory[column] === 1;
        const isCut = isRandom && !isCategory;
        if (!(isCut ? tryRandomly(node, column, bins, next) : collect(node, bins))) {
          columns[at] = columns[known] ?? 0;
          columns[known++] = column;
          continue;
        }
        tried += 1;
        if (isCategory) tryCategories(column, node.weights, next);
        else if (!isCut) tryNumbers(column, node.weights);
      }
      const { column, bin, missingLeft, score } = best;
      if (column < 0) return { constants: known, split: undefined };
      const isCategory = table.isCategory[column] === 1;
      return {
        constants: known,
        split: {
          ...{ column, bin, gain: Math.max(0, score - parentScore) },
          set: isCategory ? set : undefined,
          missingLeft: !isCategory && (best.hasMissing ? missingLeft : 2 * best.rows > nodeRows),
        },
      };
    },
  };
}
