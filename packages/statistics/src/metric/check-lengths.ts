import { StatisticsError } from '../statistics-error.ts';

/** @throws TRS_STATISTICS_EMPTY, TRS_STATISTICS_LENGTHS */
export function checkLengths(metric: string, a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length === 0)
    throw new StatisticsError(
      'EMPTY',
      `${metric} of no rows is not defined.`,
      'Evaluate on at least one row.',
    );
  if (a.length !== b.length) {
    throw new StatisticsError(
      'LENGTHS',
      `${metric}: ${a.length} labels and ${b.length} predictions.`,
      'There must be one prediction per label.',
    );
  }
}

/** @throws TRS_STATISTICS_SINGLE_CLASS when the labels are all 0 or all 1 */
export function checkTwoClasses(metric: string, labels: ArrayLike<number>): void {
  let positives = 0;
  for (let i = 0; i < labels.length; i++) positives += labels[i] ?? 0;
  if (positives > 0 && positives < labels.length) return;
  throw new StatisticsError(
    'SINGLE_CLASS',
    `${metric} is not defined: all ${labels.length} labels are of one class.`,
    'Evaluate on rows of both classes.',
  );
}
