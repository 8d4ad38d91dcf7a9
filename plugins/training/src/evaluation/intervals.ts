import type { Metrics } from '@trestle/contracts';
import { random } from '@trestle/core';
import { invariant } from '@trestle/kernel';
import { breathe } from '../breathe.ts';

const RESAMPLES = 200;
/** What is outside of a 95 % interval on either side. */
const TAIL = 0.025;

/** From where to where a metric would come to lie in 95 of 100 samples of as many rows. */
export type Intervals = Record<string, [number, number]>;

/**
 * Percentile intervals by the bootstrap (Efron 1979): the metrics of 200 samples of the rows, drawn with replacement. A metric that is
 * no number in one of them has no interval. O(resamples x what the metrics take).
 *
 * @param measure the metrics of some rows, by their places
 */
export async function bootstrap(
  rows: number,
  measure: (places: Int32Array) => Metrics,
  seed: number,
  signal: AbortSignal,
): Promise<Intervals> {
  const found = new Map<string, number[]>();
  const keys = random.split(random.key(seed), RESAMPLES);
  for (const key of keys) {
    await breathe(signal);
    const drawn = await random.uniform(key, [rows]).data();
    const places = Int32Array.from(drawn, (share) => Math.min(rows - 1, Math.floor(share * rows)));
    for (const [name, value] of Object.entries(measure(places))) {
      const values = found.get(name) ?? [];
      values.push(value ?? Number.NaN);
      found.set(name, values);
    }
  }
  const intervals: Intervals = {};
  for (const [name, values] of found) {
    if (values.length < RESAMPLES || values.some(Number.isNaN)) continue;
    const sorted = values.toSorted((a, b) => a - b);
    const at = (share: number): number => invariant(sorted[Math.round(share * (RESAMPLES - 1))], name);
    intervals[name] = [at(TAIL), at(1 - TAIL)];
  }
  return intervals;
}
