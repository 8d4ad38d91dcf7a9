import { checkClasses, type Limit, withDefaults, wrongOption } from './limits.ts';

export interface ForestOptions {
  /** Means of numbers, or shares of classes: of two that of the second. */
  readonly objective: 'squaredError' | 'gini';
  /** How many classes `gini` tells apart. */
  readonly classes?: number;
  /** `best` of all splits of the drawn columns (random forests), or the best of one `random` split of each (extra trees). */
  readonly splits?: 'best' | 'random';
  readonly trees?: number;
  /** Whether each tree draws rows with replacement (a bootstrap); by default where splits are the best ones. */
  readonly replacement?: boolean;
  /** How many rows each tree draws, as a share of all. */
  readonly rowShare?: number;
  /** The share of columns that each split draws, of those that vary; by default the square root of all for classes, else all. */
  readonly columnShareByNode?: number;
  /** Splits from the root to a leaf, at most. */
  readonly depth?: number;
  /** Rows that a leaf has at least. */
  readonly minRows?: number;
  /** A split lowers the weighted impurity by more than this; of 0 any split will do that divides unlike targets. */
  readonly minGain?: number;
  /** Bins of a column, at most. */
  readonly bins?: number;
  /** Of what is drawn. */
  readonly seed?: number;
}

const DEFAULTS = {
  trees: 100,
  rowShare: 1,
  columnShareByNode: 1,
  depth: Number.POSITIVE_INFINITY,
  minRows: 1,
  minGain: 0,
  bins: 255,
  seed: 0,
};

const LIMITS: Readonly<Record<keyof typeof DEFAULTS, Limit>> = {
  trees: [1, 100_000, 'whole'],
  rowShare: [0, 1, 'share'],
  columnShareByNode: [0, 1, 'share'],
  depth: [1, Number.POSITIVE_INFINITY, 'number'],
  minRows: [1, 2 ** 31, 'whole'],
  minGain: [0, Number.MAX_VALUE, 'number'],
  bins: [2, 255, 'whole'],
  seed: [-(2 ** 53), 2 ** 53, 'whole'],
};

export type ForestSettings = Readonly<typeof DEFAULTS> & {
  readonly objective: 'squaredError' | 'gini';
  readonly classes: number;
  readonly isRandom: boolean;
  readonly replacement: boolean;
};

/** @throws TRS_TREES_OPTION naming the option and what it may be */
export function readForestOptions(given: ForestOptions, width: number): ForestSettings {
  const { objective, splits = 'best' } = given;
  if (objective !== 'squaredError' && objective !== 'gini')
    throw wrongOption('objective', objective, 'squaredError or gini');
  if (splits !== 'best' && splits !== 'random') throw wrongOption('splits', splits, 'best or random');
  const isRandom = splits === 'random';
  const columnShareByNode = objective === 'gini' ? 1 / Math.sqrt(width) : 1;
  return {
    ...withDefaults(given, { ...DEFAULTS, columnShareByNode }, LIMITS),
    ...{ objective, isRandom, replacement: given.replacement ?? !isRandom },
    classes: objective === 'gini' ? checkClasses(given.classes, objective) : 1,
  };
}
