import type { Pictures } from '@trestle/contracts';

/** Thresholds that a picture has places for. */
const MOST_THRESHOLDS = 200;
const BINS = 15;
/** Rows of which the residuals are shown. */
const MOST_ROWS = 500;

interface Answered {
  readonly task: 'binary' | 'multiclass' | 'regression';
  /** Class indices, or numbers [rows]. */
  readonly targets: ArrayLike<number>;
  /** Probabilities of the second class, or values [rows]; of several classes [rows, classes]. */
  readonly scores: ArrayLike<number>;
}

/**
 * What the pictures of an evaluation are drawn from: of two classes the counts at each threshold (ROC, precision and recall, confusion and
 * cost all follow from them) and the reliability of the probabilities, of numbers some answers beside the truth. Undefined where there is
 * nothing to draw: no rows, one class only, answers that are no numbers.
 */
export function picturesOf({ task, targets, scores }: Answered): Pictures | undefined {
  const rows = targets.length;
  if (task === 'multiclass' || rows === 0) return undefined;
  for (let row = 0; row < rows; row += 1) if (!Number.isFinite(scores[row])) return undefined;
  if (task === 'regression') return { residuals: residualsOf(targets, scores) };
  const order = Array.from({ length: rows }, (_, row) => row).sort(
    (a, b) => (scores[b] ?? 0) - (scores[a] ?? 0),
  );
  let positives = 0;
  for (let row = 0; row < rows; row += 1) positives += targets[row] === 1 ? 1 : 0;
  if (positives === 0 || positives === rows) return undefined;
  return {
    thresholds: thresholdsOf(targets, scores, order, positives),
    calibration: calibrationOf(targets, scores, order),
  };
}

/** Each different score is a threshold, from the highest down; of many every so manieth, and the last. */
function thresholdsOf(
  targets: ArrayLike<number>,
  scores: ArrayLike<number>,
  order: readonly number[],
  positives: number,
): NonNullable<Pictures['thresholds']> {
  const all: { at: number; found: number; wrong: number }[] = [];
  let [found, wrong] = [0, 0];
  for (const [place, row] of order.entries()) {
    if (targets[row] === 1) found += 1;
    else wrong += 1;
    const score = scores[row] ?? 0;
    const next = order[place + 1];
    // Rows of one score are on one side of any threshold.
    if (next === undefined || scores[next] !== score) all.push({ at: score, found, wrong });
  }
  const step = Math.max(1, Math.ceil(all.length / MOST_THRESHOLDS));
  const kept = all.filter((_, k) => (k + 1) % step === 0 || k === all.length - 1 || k === 0);
  return {
    at: kept.map(({ at }) => at),
    truePositives: kept.map((one) => one.found),
    falsePositives: kept.map((one) => one.wrong),
    positives,
    negatives: order.length - positives,
  };
}

/** Bins of as many rows each: what was said of them on average, and what share of them is positive. */
function calibrationOf(
  targets: ArrayLike<number>,
  scores: ArrayLike<number>,
  order: readonly number[],
): NonNullable<Pictures['calibration']> {
  const bins = Math.min(BINS, order.length);
  return Array.from({ length: bins }, (_, bin) => {
    const part = order.slice(
      Math.floor((bin * order.length) / bins),
      Math.floor(((bin + 1) * order.length) / bins),
    );
    const mean = (of: (row: number) => number): number =>
      part.reduce((sum, row) => sum + of(row), 0) / part.length;
    return { said: mean((row) => scores[row] ?? 0), is: mean((row) => targets[row] ?? 0), rows: part.length };
  }).toReversed();
}

/** Rows at even distances, so that they are of all parts of a table that has an order. */
function residualsOf(
  targets: ArrayLike<number>,
  scores: ArrayLike<number>,
): NonNullable<Pictures['residuals']> {
  const rows = Math.min(MOST_ROWS, targets.length);
  const places = Array.from({ length: rows }, (_, k) => Math.floor((k * targets.length) / rows));
  return {
    predicted: places.map((row) => scores[row] ?? 0),
    actual: places.map((row) => targets[row] ?? 0),
    ofRows: targets.length,
  };
}
