import type { Metric } from '@trestle/contracts';
import { invariant } from '@trestle/kernel';
import { metricNamed } from '@trestle/statistics';

/** So many thresholds are tried at most, at quantiles of the scores. */
const MOST_TRIED = 200;

/** The metric that a threshold is tuned for: the deciding one where it moves with the threshold, else F1. */
export const metricOfThreshold = (deciding: Metric): Metric =>
  deciding.isOfLabels ? deciding : invariant(metricNamed('f1'), 'the metric f1');

/**
 * The threshold between two neighbouring scores at which a metric of labels is best on some rows; 0.5 where nothing is better than that.
 * O(thresholds x rows).
 *
 * @param scores probabilities of the positive class, one a row
 */
export function tunedThreshold(
  metric: Metric,
  targets: ArrayLike<number>,
  scores: ArrayLike<number>,
): number {
  const sorted = Float64Array.from(new Set(Array.from(scores))).sort();
  const step = Math.max(1, sorted.length / MOST_TRIED);
  const tried = [0.5];
  for (let at = 1; at < sorted.length; at += step) {
    const place = Math.floor(at);
    tried.push(((sorted[place - 1] ?? 0) + (sorted[place] ?? 0)) / 2);
  }
  let best = { threshold: 0.5, score: Number.NEGATIVE_INFINITY };
  for (const threshold of tried) {
    if (!(threshold > 0 && threshold < 1)) continue;
    const value = metric.measure({ task: 'binary', targets, scores, classes: 2, threshold }) ?? Number.NaN;
    const score = metric.better === 'higher' ? value : -value;
    if (score > best.score) best = { threshold, score };
  }
  return best.threshold;
}
