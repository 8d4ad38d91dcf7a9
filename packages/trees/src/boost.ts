import { activate } from './activation.ts';
import { binTable } from './bins.ts';
import { breathe } from './breath.ts';
import { gridFor } from './exact-sums.ts';
import { type Examples, readExamples } from './examples.ts';
import { type Forest, ForestBuilder } from './forest.ts';
import { growerFor } from './grow-tree.ts';
import { type Objective, objectiveOf } from './objective.ts';
import { type BoostOptions, readOptions, type Settings } from './options.ts';
import { rawScores } from './predict.ts';
import { drawFirst, randomIntegers } from './random.ts';
import { checkShape, type TreeTable } from './table.ts';
import { TreesError } from './trees-error.ts';

/**
 * Rows that are not learnt from and say when to stop: by minus their mean loss, or by what somebody else says of predictions
 * [rows, outputs] of them; more is better.
 */
export type Validation =
  | (Examples & { readonly judge?: undefined })
  | (TreeTable & { readonly judge: (predictions: Float64Array) => number });

export interface Round {
  /** From 1 on. */
  readonly round: number;
  readonly rounds: number;
  /** How good the validation part is predicted by now. */
  readonly score?: number;
}

export interface BoostContext {
  readonly validation?: Validation;
  /** Ends the training with its reason. */
  readonly signal?: AbortSignal;
  readonly onRound?: (round: Round) => void;
}

export interface Boosted {
  readonly forest: Forest;
  /** Rounds that the forest is of: those up to the best one, where there is a validation part. */
  readonly rounds: number;
  /** How good the validation part was predicted after each round. */
  readonly scores: readonly number[];
  /** `rounds`: all were done; `patience`: validation did not get better; `nothing left`: no leaf can be split. */
  readonly stopped: 'rounds' | 'patience' | 'nothing left';
}

/**
 * Learns gradient-boosted trees on histograms: each round adds a tree that goes one step down the loss (Friedman 2001), with
 * second-order gains (Chen and Guestrin 2016) and leaves split in the order of their gain (Ke et al. 2017). Equal arguments give
 * equal trees, bit for bit; without drawing rows, their order does not matter either, up to the 200,000 of which bins are made.
 *
 * Needs a byte for each value and some 50 for each row besides what is given, and `histogramBytes`.
 *
 * @throws TRS_TREES_OPTION, TRS_TREES_SHAPE, TRS_TREES_TARGET, TRS_TREES_INFINITE, TRS_TREES_CATEGORIES, TRS_TREES_DIVERGED, the
 * signal's reason
 */
export async function boost(
  examples: Examples,
  options: BoostOptions,
  context: BoostContext = {},
): Promise<Boosted> {
  const { validation, signal, onRound } = context;
  signal?.throwIfAborted();
  const settings = readOptions(options);
  const breath = breathe(signal);
  const objective = objectiveOf(settings.objective, settings.outputs);
  const { targets, weights } = readExamples(examples, objective.targets, settings.objective);
  const table = await binTable(examples, settings.bins, settings.seed, breath);
  const { rows, width } = table;
  const { outputs, rounds, patience } = settings;
  const isFloat32 = examples.matrix instanceof Float32Array;
  const exact = objective.initial(targets, weights);
  const initial = isFloat32 ? exact.map(Math.fround) : exact;
  const about = {
    ...{
      objective: settings.objective,
      activation: objective.activation,
      outputs,
      width,
      isFloat32,
      initial,
    },
    categories: Int32Array.from({ length: width }, (_, column) => examples.categories?.[column] ?? 0),
  };
  const grower = growerFor(table, { ...settings, isFloat32 }, breath);
  const judged = validation && judgeOf(validation, settings, objective, initial, width);
  const scores = new Float64Array(rows * outputs);
  for (let output = 0; output < outputs; output++)
    scores.fill(initial[output] ?? 0, output * rows, (output + 1) * rows);
  const slopes = new Float64Array(2 * rows);
  const draw = drawing(rows, width, settings);
  const forest = new ForestBuilder();
  const history: number[] = [];
  let [best, bestScore] = [0, Number.NEGATIVE_INFINITY];
  let stopped: Boosted['stopped'] = 'rounds';
  let round = 0;
  while (round < rounds) {
    round += 1;
    draw.rows();
    let grown = 0;
    const from = forest.trees;
    for (let output = 0; output < outputs; output++) {
      objective.slopes(scores, output, targets, weights, slopes);
      toGrid(slopes, round);
      const leaves = await grower.grow(
        forest,
        slopes,
        draw.forTree(),
        scores.subarray(output * rows, (output + 1) * rows),
      );
      grown += leaves - 1;
      if (breath.isDue()) await breath.take();
    }
    signal?.throwIfAborted();
    if (judged) {
      const score = judged(forest.finish(about, forest.trees, from));
      history.push(score);
      if (score > bestScore || round === 1) [best, bestScore] = [round, score];
    }
    onRound?.({ round, rounds, ...(judged ? { score: history.at(-1) ?? Number.NaN } : {}) });
    if (judged && round - best >= patience) {
      stopped = 'patience';
      break;
    }
    if (grown === 0 && !draw.isRandom) {
      stopped = 'nothing left';
      break;
    }
  }
  const kept = judged ? best : round;
  return { forest: forest.finish(about, kept * outputs), rounds: kept, scores: history, stopped };
}

/** Rounds slopes and curvatures to grids on which their sums are exact. @throws TRS_TREES_DIVERGED */
function toGrid(slopes: Float64Array, round: number): void {
  let [slope, curvature] = [0, 0];
  for (let at = 0; at < slopes.length; at += 2) {
    slope = Math.max(slope, Math.abs(slopes[at] ?? 0));
    curvature = Math.max(curvature, slopes[at + 1] ?? 0);
  }
  const rows = slopes.length / 2;
  const [ofSlopes, ofCurvatures] = [gridFor(slope, rows), gridFor(curvature, rows)];
  if (!Number.isFinite(ofSlopes + ofCurvatures)) {
    throw new TreesError(
      'DIVERGED',
      `The loss is no finite number any more in round ${round}.`,
      'Scale the targets and weights to a smaller range.',
      { round },
    );
  }
  for (let at = 0; at < slopes.length; at += 2) {
    slopes[at] = (slopes[at] ?? 0) + ofSlopes - ofSlopes;
    slopes[at + 1] = (slopes[at + 1] ?? 0) + ofCurvatures - ofCurvatures;
  }
}

/** Draws rows for a round and columns for a tree, in an order that only the seed decides. */
function drawing(rows: number, width: number, { rowShare, columnShare, columnShareByNode, seed }: Settings) {
  const next = randomIntegers(seed + 1);
  const fitted = Math.max(1, Math.round(rowShare * rows));
  const asked = Math.max(1, Math.round(columnShare * width));
  const order = new Int32Array(rows);
  const working = new Int32Array(rows);
  const columns = Int32Array.from({ length: width }, (_, column) => column);
  for (let row = 0; row < rows; row++) order[row] = row;
  return {
    isRandom: fitted < rows || asked < width || columnShareByNode < 1,
    rows() {
      if (fitted < rows) {
        drawFirst(order, fitted, next);
        // Ascending, so that memory is read forwards.
        order.subarray(0, fitted).sort();
        order.subarray(fitted).sort();
      }
    },
    forTree() {
      working.set(order);
      if (asked < width) drawFirst(columns, asked, next);
      return { rows: working, fitted, columns: columns.slice(0, asked).sort() };
    },
  };
}

/** Keeps the scores of the validation part up to date: each round adds its own trees. */
function judgeOf(
  validation: Validation,
  settings: Settings,
  objective: Objective,
  initial: Float64Array,
  width: number,
) {
  checkShape(validation, width);
  const { outputs } = settings;
  const judge = validation.judge ?? minusLoss(validation, settings, objective);
  const scores = Float64Array.from(
    { length: validation.rows * outputs },
    (_, at) => initial[at % outputs] ?? 0,
  );
  const none = new Float64Array(outputs);
  return (newest: Forest): number => {
    const added = rawScores({ ...newest, initial: none }, validation);
    for (let at = 0; at < scores.length; at++) scores[at] = (scores[at] ?? 0) + (added[at] ?? 0);
    const predictions = scores.slice();
    activate(objective.activation, predictions, outputs);
    return judge(predictions);
  };
}

function minusLoss(examples: Examples, settings: Settings, objective: Objective) {
  const { targets, weights } = readExamples(examples, objective.targets, settings.objective);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return (predictions: Float64Array): number => -objective.loss(predictions, targets, weights) / total;
}
