/**
 * Finds changes in many streams of numbers at once, block by block, with one promise for all of them: on average at least so many
 * blocks without a change pass before a false alarm, whatever the streams have to do with each other.
 *
 * Each stream is predicted one block ahead from its own past (level, season, its distance from both one block before), and the error
 * is measured in standard deviations of the errors before it. Under no change that is close to Student's t, and the ratio of a shifted t
 * to it is an e-value: of expectation 1 given the past. Products of them, begun anew at every block and added, are an e-detector of the
 * Shiryaev-Roberts kind: of expectation n after n blocks. A mean of e-detectors is one, so the mean over all streams and shifts is
 * compared with the number of blocks that are to pass: no independence is used, and no correction for many is left to choose.
 * (J. Shin, A. Ramdas and A. Rinaldo, E-detectors: a nonparametric framework for sequential change detection, New England J. Stat. Data
 * Sci. 2023; M. Pollak, Ann. Statist. 13, 1985, for mixtures.)
 *
 * What the promise needs beyond that is that errors are not heavier in their tails than t with `MOST_DEGREES`: streams are bounded
 * means of blocks. Simulations of what real streams do to it are in `benchmarks/monitoring`.
 */
export interface ChangeDetector {
  /** Blocks that were seen since the detector was made, or began to learn anew. */
  readonly blocks: number;
  /** Evidence of all streams together: an alarm where it reaches `threshold`. */
  readonly evidence: number;
  /** Blocks on average between false alarms. */
  readonly threshold: number;
  /** Whether there are enough blocks to say anything. */
  readonly isReady: boolean;
  /**
   * Takes a block.
   *
   * @param values one a stream; NaN where a stream has none in this block
   * @param rows of the block, for each stream; one number where it is the same for all
   * @param slot of the season, from 0: the hour of the day
   * @returns whether this is an alarm: whoever has told of it calls `learnAnew`
   */
  next(values: ArrayLike<number>, rows: number | ArrayLike<number>, slot?: number): boolean;
  /** What one stream adds to the evidence, and the newest error in standard deviations. */
  stream(index: number): { readonly evidence: number; readonly deviation: number };
  /** How much more a stream varies than `variance` of one row over the rows would explain: 1 where it does not. */
  dispersion(index: number, variance: number): number;
  /** Forgets what was usual: after an alarm, or where the stream is another from here on. */
  learnAnew(): void;
  /** All that has to be kept to go on later. */
  memory(): DetectorMemory;
}

export interface DetectorMemory {
  readonly streams: number;
  readonly slots: number;
  readonly blocks: number;
  readonly numbers: Float64Array;
}

/** Shifts that are looked for, in standard deviations of a block. */
const SHIFTS = [-8, -4, -2, -1, -0.5, 0.5, 1, 2, 4, 8];
/** Blocks before the first verdict. */
export const LEARNING_BLOCKS = 48;
/** The past that is usual: older blocks fade. Two weeks of hours. */
const MEMORY_BLOCKS = 336;
/** Days of a slot of the season that are remembered. */
const MEMORY_SEASONS = 14;
const MOST_DEGREES = 12;
const FEWEST_DEGREES = 3;
/** What one block may say for a change at most: an outlier, however far, is none before others follow. */
const MOST_OF_A_BLOCK = 100;
/** Of a block's distance from what is usual, so much at most is expected of the next one. */
const STRONGEST_LINK = 0.95;

/** Of a sum of errors, what is kept from block to block. */
const KEPT = 0.5;

/**
 * How much of a block's distance from what is usual is there a block later: the estimate of least squares, without its bias of a short past (F. H. C. Marriott and
 * J. A. Pope, Biometrika 41, 1954) where it is more than chance.
 */
function linkOf(products: number, squares: number, count: number): number {
  const found = squares > 0 ? products / squares : 0;
  const link =
    found > 2 / Math.sqrt(count + 1) ? found + (1 + 3 * found) / (count + 1) : found / (1 + 4 / (count + 1));
  return Math.min(STRONGEST_LINK, Math.max(0, link));
}

/** Of Student's t with the kurtosis that errors had. */
const degreesOf = (kurtosis: number): number =>
  kurtosis > 3 ? Math.max(FEWEST_DEGREES, Math.min(MOST_DEGREES, 4 + 6 / (kurtosis - 3) - 1)) : MOST_DEGREES;

const LEVEL = 0;
const LAST = 1;
const PRODUCTS = 2;
const SQUARES = 3;
const ERRORS = 4;
const COUNT = 5;
const ROWS = 6;
const DEVIATION = 7;
const SUM = 8;
const SUM_SQUARES = 9;
const FOURTH = 10;
const FIXED = 11;

/**
 * @param streams how many
 * @param options `threshold`: blocks on average between false alarms; `slots` of a season, 1 without one
 * @param memory what `memory` gave before: of as many streams and slots
 */
export function changeDetector(
  streams: number,
  options: { readonly threshold: number; readonly slots?: number },
  memory?: DetectorMemory,
): ChangeDetector {
  const slots = options.slots ?? 1;
  const width = FIXED + SHIFTS.length + (slots > 1 ? 2 * slots : 0);
  const isSame = memory?.streams === streams && memory.slots === slots;
  const numbers = isSame ? memory.numbers.slice() : new Float64Array(streams * width);
  let blocks = isSame ? memory.blocks : 0;
  const seasonAt = FIXED + SHIFTS.length;
  const at = (place: number): number => numbers[place] ?? 0;

  const evidenceOf = (base: number): number => {
    let sum = 0;
    for (let k = 0; k < SHIFTS.length; k++) sum += at(base + FIXED + k);
    return sum / SHIFTS.length / streams;
  };
  const total = (): number => {
    let sum = 0;
    for (let stream = 0; stream < streams; stream++) sum += evidenceOf(stream * width);
    return sum;
  };

  /** How much more a sum of errors varies than if they had nothing to do with each other: 1 at least. */
  const persistence = (base: number): number =>
    Math.max(1, (at(base + SUM_SQUARES) * (1 - KEPT ** 2)) / (at(base + ERRORS) || 1));

  const take = (base: number, value: number, rows: number, slot: number): void => {
    const count = at(base + COUNT);
    const season = slots > 1 ? at(base + seasonAt + 2 * slot) : 0;
    const seen = slots > 1 ? at(base + seasonAt + 2 * slot + 1) : 0;
    const level = at(base + LEVEL);
    const link = linkOf(at(base + PRODUCTS), at(base + SQUARES), count);
    const usual = level + season;
    const predicted = usual + link * at(base + LAST);
    // A block of fewer rows than usual varies more.
    const usualRows = at(base + ROWS) || rows;
    const shrink = Math.min(1, Math.sqrt(rows / usualRows));
    const error = count === 0 ? 0 : (value - predicted) * shrink;
    if (count >= LEARNING_BLOCKS) {
      // One row of the block more or less is never a surprise.
      const scale = Math.sqrt(at(base + ERRORS) * persistence(base) + (1 / rows) ** 2);
      const deviation = error / scale;
      numbers[base + DEVIATION] = deviation;
      const degrees = degreesOf(at(base + FOURTH) / at(base + ERRORS) ** 2);
      const null_ = Math.log1p((deviation * deviation) / degrees);
      for (let k = 0; k < SHIFTS.length; k++) {
        const off = deviation - (SHIFTS[k] ?? 0);
        const ratio = Math.exp(((degrees + 1) / 2) * (null_ - Math.log1p((off * off) / degrees)));
        numbers[base + FIXED + k] = (1 + at(base + FIXED + k)) * Math.min(MOST_OF_A_BLOCK, ratio);
      }
    }
    const rest = value - usual;
    if (count > 0) {
      const rate = 1 / Math.min(MEMORY_BLOCKS, count);
      numbers[base + ERRORS] = at(base + ERRORS) + rate * (error * error - at(base + ERRORS));
      numbers[base + FOURTH] = at(base + FOURTH) + rate * (error ** 4 - at(base + FOURTH));
      const sum = KEPT * at(base + SUM) + error;
      numbers[base + SUM] = sum;
      numbers[base + SUM_SQUARES] = at(base + SUM_SQUARES) + rate * (sum * sum - at(base + SUM_SQUARES));
      numbers[base + PRODUCTS] = at(base + PRODUCTS) + rate * (rest * at(base + LAST) - at(base + PRODUCTS));
      numbers[base + SQUARES] = at(base + SQUARES) + rate * (at(base + LAST) ** 2 - at(base + SQUARES));
    }
    numbers[base + LAST] = rest;
    const rate = 1 / Math.min(MEMORY_BLOCKS, count + 1);
    numbers[base + LEVEL] = level + rate * (value - season - level);
    numbers[base + ROWS] = usualRows + rate * (rows - usualRows);
    numbers[base + COUNT] = count + 1;
    if (slots > 1) {
      const days = Math.min(MEMORY_SEASONS, seen + 1);
      // Of one day a slot is told from noise by no more than half.
      numbers[base + seasonAt + 2 * slot] = season + (rest - (count === 0 ? rest : 0)) / (days + 1);
      numbers[base + seasonAt + 2 * slot + 1] = seen + 1;
    }
  };

  return {
    get blocks() {
      return blocks;
    },
    get evidence() {
      return total();
    },
    threshold: options.threshold,
    get isReady() {
      return blocks > LEARNING_BLOCKS;
    },
    next(values, rows, slot = 0) {
      for (let stream = 0; stream < streams; stream++) {
        const value = values[stream] ?? Number.NaN;
        const of = typeof rows === 'number' ? rows : (rows[stream] ?? 0);
        if (Number.isFinite(value) && of > 0) take(stream * width, value, of, slot % slots);
      }
      blocks += 1;
      return total() >= options.threshold;
    },
    stream(index) {
      return { evidence: evidenceOf(index * width), deviation: at(index * width + DEVIATION) };
    },
    dispersion(index, variance) {
      const base = index * width;
      if (at(base + COUNT) < LEARNING_BLOCKS || !(variance > 0)) return 1;
      return Math.max(1, Math.sqrt((at(base + ERRORS) * at(base + ROWS)) / variance));
    },
    learnAnew() {
      numbers.fill(0);
      blocks = 0;
    },
    memory: () => ({ streams, slots, blocks, numbers: numbers.slice() }),
  };
}
