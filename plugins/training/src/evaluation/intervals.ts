import type { Metrics } from '@trestle/contracts';
import { invariant } from '@trestle/kernel';
import { breathe } from '../breathe.ts';
import type { Draw } from './draws.ts';

const RESAMPLES = 200;
/** What is outside of a 95 % interval on either side. */
const TAIL = 0.025;

/** From where to where a metric would come to lie in 95 of 100 samples of as many rows. */
export type Intervals = Record<string, [number, number]>;

/**
 * Percentile intervals by the bootstrap (Efron 1979): the metrics of 200 samples. A metric that is no number in one of them has no
 * interval. O(resamples x what the metrics take).
 *
 * @param measure the metrics of some rows, by their places
 */
export async function bootstrap(
  draw: Draw,
  measure: (places: Int32Array) => Metrics,
  signal: AbortSignal,
): Promise<Intervals> {
  const intervals: Intervals = {};
  for (const [name, values] of await resampled(RESAMPLES, draw, measure, signal))
    intervals[name] = intervalOf(values);
  return intervals;
}

/** The metrics of some samples, by name; those that are a number in all of them. */
export async function resampled(
  count: number,
  draw: Draw,
  measure: (places: Int32Array) => Metrics,
  signal: AbortSignal,
): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  for (let at = 0; at < count; at++) {
    await breathe(signal);
    for (const [name, value] of Object.entries(measure(draw()))) {
      const values = found.get(name) ?? [];
      values.push(value ?? Number.NaN);
      found.set(name, values);
    }
  }
  for (const [name, values] of found)
    if (values.length < count || values.some(Number.isNaN)) found.delete(name);
  return found;
}

/** Where 95 of 100 of the values lie. */
export function intervalOf(values: readonly number[]): [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    invariant(sorted[Math.round(share * (sorted.length - 1))], 'a value of a sample');
  return [at(TAIL), at(1 - TAIL)];
}
