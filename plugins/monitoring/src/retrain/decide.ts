import type { Metric, Metrics, Task } from '@trestle/contracts';
import { monitorError } from '../monitor-error.ts';

const BY_TASK: Readonly<Record<Task, string>> = {
  binary: 'averagePrecision',
  multiclass: 'accuracy',
  regression: 'rmse',
};

export const defaultMetric = (task: Task | undefined): string => BY_TASK[task ?? 'binary'];

export interface Decision {
  readonly isBetter: boolean;
  readonly reason: string;
}

/**
 * Whether the challenger is better than the champion by the margin.
 *
 * @throws TRS_MONITOR_UNKNOWN_METRIC
 */
export function decide(
  champion: Metrics,
  challenger: Metrics,
  { name: metric, better }: { readonly name: string; readonly better: Metric['better'] | undefined },
  margin: number,
): Decision {
  const [before, after] = [champion[metric], challenger[metric]];
  if (before === undefined || after === undefined || better === undefined) {
    throw monitorError('UNKNOWN_METRIC', {
      kind: 'invalid',
      message: `The comparison has no metric "${metric}".`,
      hint: `Set monitoring's retrain.metric to one of: ${Object.keys(champion).join(', ')}.`,
      details: { metric, known: Object.keys(champion) },
    });
  }
  // A model whose answers cannot be measured is no better than one whose can.
  if (before === null || after === null) {
    const isBetter = before === null && after !== null;
    const whose = before === null ? (after === null ? 'both' : 'the champion') : 'the challenger';
    return {
      isBetter,
      reason: `The challenger is ${isBetter ? 'better' : 'not better'}: the ${metric} of ${whose} is no number.`,
    };
  }
  const gain = better === 'lower' ? before - after : after - before;
  const isBetter = gain > 0 && gain >= margin;
  const numbers = `${metric} ${after.toFixed(4)} against ${before.toFixed(4)}`;
  if (isBetter) return { isBetter, reason: `The challenger is better: ${numbers}.` };
  const why = gain > 0 ? `better by less than the margin of ${margin}` : 'not better';
  return { isBetter, reason: `The challenger is ${why}: ${numbers}.` };
}
