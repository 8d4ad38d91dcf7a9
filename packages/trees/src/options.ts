import { checkClasses, type Limit, withDefaults, wrongOption } from './limits.ts';
import type { ObjectiveName } from './objective.ts';

export interface BoostOptions {
  readonly objective: ObjectiveName;
  /** How many classes softmax tells apart. */
  readonly classes?: number;
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
  /** Half of this times the square of each leaf's value is added to the loss. */
  readonly l2?: number;
  /** Bins of a column, at most. */
  readonly bins?: number;
  /** The share of rows that each round draws. */
  readonly rowShare?: number;
  /** The share of columns that each tree draws. */
  readonly columnShare?: number;
  /** The share of a tree's columns that each split draws. */
  readonly columnShareByNode?: number;
  /** Of what is drawn. */
  readonly seed?: number;
  /** Rounds without a better validation after which it stops. */
  readonly patience?: number;
  /** Memory for the histograms of leaves that are kept, so that a sibling's comes by subtraction; beyond it each is added up. */
  readonly histogramBytes?: number;
}

const DEFAULTS = {
  rounds: 100,
  learningRate: 0.1,
  leaves: 31,
  depth: Number.POSITIVE_INFINITY,
  minRows: 20,
  minWeight: 1e-3,
  minGain: 0,
  l2: 0,
  bins: 255,
  rowShare: 1,
  columnShare: 1,
  columnShareByNode: 1,
  seed: 0,
  patience: 10,
  histogramBytes: 512 * 2 ** 20,
};

export type Settings = Readonly<typeof DEFAULTS> & {
  readonly objective: ObjectiveName;
  readonly outputs: number;
};

const LIMITS: Readonly<Record<keyof typeof DEFAULTS, Limit>> = {
  rounds: [1, 100_000, 'whole'],
  learningRate: [0, 1, 'share'],
  leaves: [2, 65_536, 'whole'],
  depth: [1, Number.POSITIVE_INFINITY, 'number'],
  minRows: [1, 2 ** 31, 'whole'],
  minWeight: [0, Number.MAX_VALUE, 'number'],
  minGain: [0, Number.MAX_VALUE, 'number'],
  l2: [0, Number.MAX_VALUE, 'number'],
  bins: [2, 255, 'whole'],
  rowShare: [0, 1, 'share'],
  columnShare: [0, 1, 'share'],
  columnShareByNode: [0, 1, 'share'],
  seed: [-(2 ** 53), 2 ** 53, 'whole'],
  patience: [1, 100_000, 'whole'],
  histogramBytes: [0, 2 ** 40, 'whole'],
};

/** @throws TRS_TREES_OPTION naming the option and what it may be */
export function readOptions(given: BoostOptions): Settings {
  const settings = withDefaults(given, DEFAULTS, LIMITS);
  const { objective, classes } = given;
  if (objective === 'softmax') return { ...settings, objective, outputs: checkClasses(classes, objective) };
  if (objective === 'squaredError' || objective === 'logistic') return { ...settings, objective, outputs: 1 };
  throw wrongOption('objective', objective, 'squaredError, logistic or softmax');
}
