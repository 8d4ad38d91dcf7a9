import type { PerformanceThresholds } from '../rules/performance-thresholds.ts';
import type { MetricComparison } from './performance-report.ts';

/** A metric of the labelled window. */
export interface WindowMetric {
  readonly metric: string;
  readonly value: number;
  /** Absent where no simple estimate exists. */
  readonly standardError?: number;
  /**
   * How the metric is judged against the model's test metrics. `shown` metrics depend on how frequent the classes are,
   * or have no scale, so that they are given but raise no alert.
   */
  readonly rule: 'drop' | 'relative-rise' | 'shown';
}

/** Whether a metric is worse than at training time, by more than the tolerance and more than chance explains. */
export function judgeMetric(
  metric: WindowMetric,
  baseline: number | undefined,
  thresholds: PerformanceThresholds,
): MetricComparison {
  const worseBy = baseline === undefined || metric.rule === 'shown' ? 0 : worsening(metric, baseline);
  const scale = metric.rule === 'relative-rise' ? Math.abs(baseline ?? 0) || 1 : 1;
  const noise = (thresholds.standardErrors * (metric.standardError ?? 0)) / scale;
  return {
    metric: metric.metric,
    current: metric.value,
    ...(baseline === undefined ? {} : { baseline }),
    ...(metric.standardError === undefined ? {} : { standardError: metric.standardError }),
    degraded: worseBy > thresholds.maxDrop && worseBy > noise,
  };
}

const worsening = (metric: WindowMetric, baseline: number): number =>
  metric.rule === 'drop' ? baseline - metric.value : (metric.value - baseline) / (Math.abs(baseline) || 1);

/**
 * The standard error of the area under the ROC curve (J. A. Hanley & B. J. McNeil, Radiology 143, 1982).
 *
 * @param auc between 0 and 1
 */
export function rocAucStandardError(auc: number, positives: number, negatives: number): number {
  const q1 = auc / (2 - auc);
  const q2 = (2 * auc * auc) / (1 + auc);
  const variance = auc * (1 - auc) + (positives - 1) * (q1 - auc * auc) + (negatives - 1) * (q2 - auc * auc);
  return Math.sqrt(Math.max(0, variance) / (positives * negatives));
}

/** The standard error of a share, such as accuracy. */
export const shareStandardError = (share: number, rows: number): number =>
  Math.sqrt((share * (1 - share)) / rows);
