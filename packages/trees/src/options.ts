import { checkClasses, type Limit, withDefaults, wrongOption } from './limits.ts';
import type { Objective } from './objective/objective.ts';
import { OBJECTIVES, type ObjectiveName } from './objective/objectives.ts';

export interface BoostOptions {
  /** One by name, or your own. */
  readonly objective: ObjectiveName | Objective;
  /** How many classes softmax tells apart; how many outputs an objective of your own has. */
  readonly classes?: number;
  /** Which quantile `quantile` learns. */
  readonly quantile?: number;
  /** From so large an error on `huber` counts its size, and not its square. */
  readonly huberDelta?: number;
  /** Between 1, counts, and 2, amounts: how `tweedie` has the variance grow with the mean. */
  readonly tweediePower?: number;
  /** How many of the highest places `lambdaRank` learns to fill: pairs that are both below have no say. */
  readonly rankTruncation?: number;
  /** Trees, or as many of them as there are classes, that are added at most. */
  readonly rounds?: number;
  /** The share of each tree's step that is taken. */
  readonly learningRate?: number;
  /** Leaves of a tree, at most. */
  readonly leaves?: number;
  /** Splits from the root to a leaf, at most. */
  readonly depth?: number;
  /** Rows that a leaf has at least, and a category that is asked for by itself. */
  readonly minRows?: number;
  /** The sum of curvatures that a leaf has at least: of a squared error that of the weights. */
  readonly minWeight?: number;
  /** A split lowers the loss by more than half of this. */
  readonly minGain?: number;
  /** This times the absolute value of each leaf is added to the loss: small ones become 0. */
  readonly l1?: number;
  /** Half of this times the square of each leaf's value is added to the loss. */
  readonly l2?: number;
  /** Bins of a column, at most. */
  readonly bins?: number;
  /** The share of rows that each round draws. */
  readonly rowShare?: number;
  /** The share of columns that each tree draws, of those that vary. */
  readonly columnShare?: number;
  /** The share of a tree's columns that each split draws. */
  readonly columnShareByNode?: number;
  /** The share of earlier rounds that each round leaves out while its trees grow (DART); only without a validation part. */
  readonly dropShare?: number;
  /** One a column: 1 where predictions may only rise with it, -1 where they may only fall, else 0. */
  readonly monotone?: readonly number[];
  /** Groups of columns by their places: what one way from the root asks is of one group. Columns in none are one more. */
  readonly interactions?: readonly (readonly number[])[];
  /** Of what is drawn. */
  readonly seed?: number;
  /** Rounds without a better validation after which it stops. */
  readonly patience?: number;
  /** Memory for the histograms of leaves that are kept, so that a sibling's comes by subtraction; beyond it each is added up. */
  readonly histogramBytes?: number;
}

const DEFAULTS = {
  quantile: 0.5,
  huberDelta: 1,
  tweediePower: 1.5,
  rankTruncation: 30,
  rounds: 100,
  learningRate: 0.1,
  leaves: 31,
  depth: Number.POSITIVE_INFINITY,
  minRows: 20,
  minWeight: 1e-3,
  minGain: 0,
  l1: 0,
  l2: 0,
  bins: 255,
  rowShare: 1,
  columnShare: 1,
  columnShareByNode: 1,
  dropShare: 0,
  seed: 0,
  patience: 10,
  histogramBytes: 512 * 2 ** 20,
};

export type Settings = Readonly<typeof DEFAULTS> & {
  readonly objective: ObjectiveName | Objective;
  readonly outputs: number;
};

const LIMITS: Readonly<Record<keyof typeof DEFAULTS, Limit>> = {
  quantile: [0, 1, 'share'],
  huberDelta: [0, Number.MAX_VALUE, 'share'],
  tweediePower: [1, 2, 'share'],
  rankTruncation: [1, 2 ** 31, 'whole'],
  rounds: [1, 100_000, 'whole'],
  learningRate: [0, 1, 'share'],
  leaves: [2, 65_536, 'whole'],
  depth: [1, Number.POSITIVE_INFINITY, 'number'],
  minRows: [1, 2 ** 31, 'whole'],
  minWeight: [0, Number.MAX_VALUE, 'number'],
  minGain: [0, Number.MAX_VALUE, 'number'],
  l1: [0, Number.MAX_VALUE, 'number'],
  l2: [0, Number.MAX_VALUE, 'number'],
  bins: [2, 255, 'whole'],
  rowShare: [0, 1, 'share'],
  columnShare: [0, 1, 'share'],
  columnShareByNode: [0, 1, 'share'],
  dropShare: [0, 1, 'number'],
  seed: [-(2 ** 53), 2 ** 53, 'whole'],
  patience: [1, 100_000, 'whole'],
  histogramBytes: [0, 2 ** 40, 'whole'],
};

/** @throws TRS_TREES_OPTION naming the option and what it may be */
export function readOptions(given: BoostOptions): Settings {
  const settings = withDefaults(given, DEFAULTS, LIMITS);
  const { objective, classes } = given;
  if (settings.tweediePower === 2)
    throw wrongOption('tweediePower', 2, 'a number below 2, or the objective gamma');
  if (settings.quantile === 1) throw wrongOption('quantile', 1, 'a number between 0 and 1');
  if (typeof objective !== 'string') return { ...settings, objective, outputs: classes ?? 1 };
  if (!OBJECTIVES.includes(objective))
    throw wrongOption(
      'objective',
      objective,
      `${OBJECTIVES.slice(0, -1).join(', ')} or ${OBJECTIVES.at(-1)}`,
    );
  return {
    ...settings,
    objective,
    outputs: objective === 'softmax' ? checkClasses(classes, objective) : 1,
  };
}
