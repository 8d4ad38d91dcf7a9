import { binTable, tableBytes, tableIn } from './bins.ts';
import { type Breath, breathe } from './breath.ts';
import { type Examples, finiteNumbers, readExamples, severalClasses } from './examples.ts';
import { type AboutForest, type Forest, ForestBuilder } from './forest.ts';
import { type ForestOptions, type ForestSettings, readForestOptions } from './forest-options.ts';
import { rowGrower, rowGrowerBytes } from './grow-by-rows.ts';
import { drawFirst, randomIntegers } from './random.ts';
import { checkTable } from './table.ts';
import { type Arena, openArena, rounded } from './wasm/arena.ts';
import { growing } from './wasm/kernels.ts';

export interface ForestContext {
  /** Ends the training with its reason. */
  readonly signal?: AbortSignal;
  /** Told after each tree. */
  readonly onTree?: (tree: number, trees: number) => void;
}

export interface Grown {
  readonly forest: Forest;
  /**
   * What is predicted of each row by the trees that did not draw it, [rows, outputs]; NaN where all did. Left out where all trees
   * draw all rows.
   */
  readonly outOfBag?: Float64Array;
}

/**
 * Grows trees that do not know of each other, each on drawn rows and with drawn columns at each split, whose leaves are averaged:
 * random forests (Breiman 2001) and extra trees (Geurts et al. 2006), which draw their splits, too. Of classes come mean
 * shares of the leaves. A drawn split lies between two bins, each as likely as any other: the unit of a column does not matter.
 * Equal arguments give equal trees, bit for bit.
 *
 * @throws TRS_TREES_OPTION, TRS_TREES_SHAPE, TRS_TREES_TARGET, TRS_TREES_INFINITE, TRS_TREES_CATEGORIES, the signal's reason
 */
export async function forest(
  examples: Examples,
  options: ForestOptions,
  context: ForestContext = {},
): Promise<Grown> {
  const { signal, onTree } = context;
  signal?.throwIfAborted();
  checkTable(examples);
  const settings = readForestOptions(options, examples.width);
  const { objective, classes, trees, seed } = settings;
  const breath = breathe(signal);
  const allowed = objective === 'gini' ? severalClasses(classes) : finiteNumbers;
  const { targets, weights } = readExamples(examples, allowed, objective);
  const binned = await binTable(examples, settings.bins, seed, breath);
  const { rows } = binned;
  const arena = openArena(growing, tableBytes(binned) + rowGrowerBytes(rows) + 2 * rounded(4 * rows));
  const table = tableIn(arena, binned);
  // Of two classes the share of the second is enough, and to lower its squared error is to lower Gini's impurity.
  const outputs = classes > 2 ? classes : 1;
  const isFloat32 = examples.matrix instanceof Float32Array;
  const about: AboutForest = {
    ...{ objective, activation: 'identity', outputs, width: table.width, isFloat32 },
    initial: new Float64Array(outputs),
    categories: Int32Array.from({ length: table.width }, (_, column) => examples.categories?.[column] ?? 0),
  };
  const builder = new ForestBuilder();
  const grow = rowGrower(table, { values: targets, outputs }, { ...settings, isFloat32 }, breath, arena);
  const bag = outOfBagOf(rows, outputs);
  const draw = rowDrawing(weights, settings, arena);
  for (let tree = 0; tree < trees; tree++) {
    // A stream of its own for each tree, so that it does not matter which is grown first.
    const next = randomIntegers(Math.imul(seed + 1, 0x9e3779b1) + Math.imul(tree, 0x85ebca6b));
    const { drawn, others, weightOf } = draw(next);
    await grow(builder, { drawn, others, weights: weightOf, next }, bag.add);
    await pause(breath);
    onTree?.(tree + 1, trees);
  }
  signal?.throwIfAborted();
  const outOfBag = bag.predictions();
  return { forest: builder.finish(about), ...(outOfBag ? { outOfBag } : {}) };
}

async function pause(breath: Breath): Promise<void> {
  if (breath.isDue()) await breath.take();
}

/** Draws the rows of a tree: those, the others, and how much each counts. A row without weight is never drawn. */
function rowDrawing(weights: Float64Array, { replacement, rowShare }: ForestSettings, arena: Arena) {
  const [ofDrawn, ofOthers] = [arena.ints(weights.length), arena.ints(weights.length)];
  const counting = Int32Array.from(weights.keys()).filter((row) => (weights[row] ?? 0) > 0);
  const asked = Math.max(1, Math.round(rowShare * counting.length));
  const times = new Float64Array(weights.length);
  const weightOf = new Float64Array(weights.length);
  const order = counting.slice();
  return (next: () => number) => {
    times.fill(0);
    if (replacement)
      for (let at = 0; at < asked; at++) {
        const row = counting[Math.floor((next() / 2 ** 32) * counting.length)] ?? 0;
        times[row] = (times[row] ?? 0) + 1;
      }
    else {
      if (asked < order.length) drawFirst(order, asked, next);
      for (const row of order.subarray(0, asked)) times[row] = 1;
    }
    let [drawn, others] = [0, 0];
    for (let row = 0; row < times.length; row++) {
      if ((times[row] ?? 0) > 0) ofDrawn[drawn++] = row;
      else ofOthers[others++] = row;
      weightOf[row] = (times[row] ?? 0) * (weights[row] ?? 0);
    }
    return { drawn: ofDrawn.subarray(0, drawn), others: ofOthers.subarray(0, others), weightOf };
  };
}

/** Averages what trees say of the rows that they did not draw. */
function outOfBagOf(rows: number, outputs: number) {
  const sums = new Float64Array(rows * outputs);
  const trees = new Int32Array(rows);
  return {
    add(others: Int32Array, leaf: ArrayLike<number>): void {
      for (let at = 0; at < others.length; at++) {
        const row = others[at] ?? 0;
        trees[row] = (trees[row] ?? 0) + 1;
        for (let output = 0; output < outputs; output++) {
          const place = row * outputs + output;
          sums[place] = (sums[place] ?? 0) + (leaf[output] ?? 0);
        }
      }
    },
    predictions: (): Float64Array | undefined =>
      trees.some((count) => count > 0)
        ? sums.map((sum, at) => sum / (trees[Math.floor(at / outputs)] ?? 0))
        : undefined,
  };
}
