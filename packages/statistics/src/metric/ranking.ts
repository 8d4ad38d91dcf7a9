import { checkLengths, checkTwoClasses } from './check-lengths.ts';

/** What is no number has no rank: neither has what is measured of it. */
function holdsNaN(scores: ArrayLike<number>): boolean {
  for (let i = 0; i < scores.length; i++) if (Number.isNaN(scores[i])) return true;
  return false;
}

/** Rows from the highest score down. */
function byScore(scores: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => (scores[b] ?? 0) - (scores[a] ?? 0),
  );
}

/**
 * Area under the ROC curve: the probability that a positive row scores above a negative one, ties counting half
 * (Mann and Whitney 1947); NaN where a score is. O(n log n).
 *
 * @param labels 0 or 1
 * @throws TRS_STATISTICS_EMPTY, TRS_STATISTICS_LENGTHS, TRS_STATISTICS_SINGLE_CLASS
 */
export function rocAuc(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  checkLengths('ROC AUC', labels, scores);
  checkTwoClasses('ROC AUC', labels);
  if (holdsNaN(scores)) return Number.NaN;
  const order = byScore(scores);
  let [positives, negatives, wins] = [0, 0, 0];
  for (let from = 0; from < order.length; ) {
    let [tiedPositives, tiedNegatives, to] = [0, 0, from];
    const score = scores[order[from] ?? 0];
    while (to < order.length && scores[order[to] ?? 0] === score) {
      if (labels[order[to] ?? 0] === 1) tiedPositives++;
      else tiedNegatives++;
      to++;
    }
    wins += tiedNegatives * (positives + tiedPositives / 2);
    positives += tiedPositives;
    negatives += tiedNegatives;
    from = to;
  }
  return wins / (positives * negatives);
}

/**
 * Average precision: the sum of precision times the gain in recall, threshold by threshold, without interpolation; NaN where a
 * score is. O(n log n).
 *
 * @param labels 0 or 1
 * @throws TRS_STATISTICS_EMPTY, TRS_STATISTICS_LENGTHS, TRS_STATISTICS_SINGLE_CLASS
 */
export function averagePrecision(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  checkLengths('average precision', labels, scores);
  checkTwoClasses('average precision', labels);
  if (holdsNaN(scores)) return Number.NaN;
  const order = byScore(scores);
  let [hits, sum, before] = [0, 0, 0];
  for (const [at, row] of order.entries()) {
    hits += labels[row] ?? 0;
    const isLastOfTie = at + 1 === order.length || scores[order[at + 1] ?? 0] !== scores[row];
    if (!isLastOfTie) continue;
    sum += (hits / (at + 1)) * (hits - before);
    before = hits;
  }
  return sum / hits;
}
