import { type Activation, activate } from './activation.ts';
import { type BinnedTable, binTable, tableBytes, tableIn } from './bins.ts';
import { breathe } from './breath.ts';
import { readConstraints } from './constraints.ts';
import { droppingFrom } from './dart.ts';
import { type Examples, readExamples } from './examples.ts';
import { type Forest, ForestBuilder } from './forest.ts';
import { growerBytes, growerFor } from './grow-tree.ts';
import { wrongOption } from './limits.ts';
import type { Objective } from './objective/objective.ts';
import { initialScores, keptPerRow, objectiveOf } from './objective/objectives.ts';
import { workshopBytes, workshopIn } from './objective/workshop.ts';
import { type BoostOptions, readOptions, type Settings } from './options.ts';
import { rawScores } from './predict.ts';
import { drawFirst, randomIntegers } from './random.ts';
import { slopesBytes, slopesFor } from './slopes.ts';
import { checkShape, type TreeTable } from './table.ts';
import { type Arena, openArena, rounded } from './wasm/arena.ts';
import { growing } from './wasm/kernels.ts';

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
 * @throws TRS_TREES_OPTION, TRS_TREES_SHAPE, TRS_TREES_TARGET, TRS_TREES_INFINITE, TRS_TREES_CATEGORIES, TRS_TREES_DIVERGED, TRS_TREES_OBJECTIVE, the
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
  if (validation && settings.dropShare > 0)
    throw wrongOption(
      'dropShare',
      settings.dropShare,
      '0 where there is a validation part: each round changes those before, and none can be gone back to',
    );
  const workshop = workshopIn((): Arena => arena, examples.rows);
  const objectiveFor = (of: Examples): Objective =>
    objectiveOf(settings.objective, settings.outputs, settings, workshop, of);
  const objective = objectiveFor(examples);
  const { targets, weights } = readExamples(examples, objective.targets, objective.name);
  const binned = await binTable(examples, settings.bins, settings.seed, breath);
  const { rows, width } = binned;
  const { outputs, rounds, patience } = settings;
  const isFloat32 = examples.matrix instanceof Float32Array;
  const growth = {
    ...settings,
    ...readConstraints(options, examples),
    isFloat32,
    shorten: objective.shorten,
  };
  const arena = openArena(
    growing,
    tableBytes(binned) +
      growerBytes(binned, growth) +
      slopesBytes(rows) +
      rounded(4 * rows) +
      workshopBytes(rows, keptPerRow(settings.objective, outputs)) +
      8 * rows * outputs,
  );
  const table = tableIn(arena, binned);
  const exact = initialScores(objective, outputs, targets, weights);
  const initial = isFloat32 ? exact.map(Math.fround) : exact;
  const about = {
    ...{
      objective: objective.name,
      activation: objective.activation,
      outputs,
      width,
      isFloat32,
      initial,
    },
    categories: Int32Array.from({ length: width }, (_, column) => examples.categories?.[column] ?? 0),
  };
  const slopes = slopesFor(rows, arena);
  const grower = growerFor(table, slopes, growth, breath, arena);
  const judged =
    validation &&
    judgeOf(validation, settings, validation.judge ?? minusLoss(validation, objectiveFor(validation)), {
      activation: objective.activation,
      initial,
      width,
    });
  const scores = arena.doubles(rows * outputs);
  for (let output = 0; output < outputs; output++)
    scores.fill(initial[output] ?? 0, output * rows, (output + 1) * rows);
  const draw = drawing(arena.ints(rows), varyingColumns(table), settings);
  const forest = new ForestBuilder();
  const dropping =
    settings.dropShare > 0 ? droppingFrom(examples, forest, about, scores, settings) : undefined;
  const history: number[] = [];
  let [best, bestScore] = [0, Number.NEGATIVE_INFINITY];
  let stopped: Boosted['stopped'] = 'rounds';
  let round = 0;
  while (round < rounds) {
    round += 1;
    draw.rows();
    dropping?.leaveOut();
    let grown = 0;
    const from = forest.trees;
    for (let output = 0; output < outputs; output++) {
      objective.slopes(scores, output, targets, weights, slopes.pairs);
      slopes.quantise(round);
      const own = scores.subarray(output * rows, (output + 1) * rows);
      const leaves = await grower.grow(
        forest,
        draw.forTree(),
        own,
        objective.step && ((of) => objective.step?.(of, own, targets, weights) ?? 0),
      );
      grown += leaves - 1;
      if (breath.isDue()) await breath.take();
    }
    dropping?.putBack();
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
    if (grown === 0 && !draw.isRandom && !dropping) {
      stopped = 'nothing left';
      break;
    }
  }
  const kept = judged ? best : round;
  return { forest: forest.finish(about, kept * outputs), rounds: kept, scores: history, stopped };
}

/** What has one value alone, or none, divides nothing. */
function varyingColumns({ bins }: BinnedTable): Int32Array {
  return Int32Array.from(bins.keys()).filter((column) => {
    const own = bins[column];
    return own?.some((bin) => bin !== own[0]) ?? false;
  });
}

/** Draws rows for a round and columns for a tree, in an order that only the seed decides. */
function drawing(
  working: Int32Array,
  columns: Int32Array,
  { rowShare, columnShare, columnShareByNode, seed }: Settings,
) {
  const next = randomIntegers(seed + 1);
  const rows = working.length;
  const fitted = Math.max(1, Math.round(rowShare * rows));
  const asked = Math.max(1, Math.round(columnShare * columns.length));
  const order = new Int32Array(rows);
  for (let row = 0; row < rows; row++) order[row] = row;
  return {
    isRandom: fitted < rows || asked < columns.length || columnShareByNode < 1,
    rows() {
      if (fitted === rows) return;
      // Both parts ascend, so that memory is read forwards (Knuth's algorithm S).
      let [kept, left] = [0, fitted];
      for (let row = 0; row < rows; row++) {
        if ((next() / 2 ** 32) * (rows - row) < fitted - kept) order[kept++] = row;
        else order[left++] = row;
      }
    },
    forTree() {
      working.set(order);
      if (asked < columns.length) drawFirst(columns, asked, next);
      return { rows: working, fitted, columns: columns.slice(0, asked).sort() };
    },
  };
}

/** Keeps the scores of the validation part up to date: each round adds its own trees. */
function judgeOf(
  validation: Validation,
  { outputs }: Settings,
  judge: (predictions: Float64Array) => number,
  {
    activation,
    initial,
    width,
  }: { readonly activation: Activation; readonly initial: Float64Array; readonly width: number },
) {
  checkShape(validation, width);
  const scores = Float64Array.from(
    { length: validation.rows * outputs },
    (_, at) => initial[at % outputs] ?? 0,
  );
  const none = new Float64Array(outputs);
  return (newest: Forest): number => {
    const added = rawScores({ ...newest, initial: none }, validation);
    for (let at = 0; at < scores.length; at++) scores[at] = (scores[at] ?? 0) + (added[at] ?? 0);
    const predictions = scores.slice();
    activate(activation, predictions, outputs);
    return judge(predictions);
  };
}

function minusLoss(examples: Examples, objective: Objective) {
  const { targets, weights } = readExamples(examples, objective.targets, objective.name);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return (predictions: Float64Array): number => -objective.loss(predictions, targets, weights) / total;
}
