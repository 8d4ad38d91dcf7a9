import type { PlottedLine } from './plot-series.ts';

/** A thinned series: of each stretch the first step, when it was over, and the extremes. */
export interface Measured {
  readonly steps: readonly number[];
  readonly times: readonly string[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

export type Along = 'step' | 'time' | 'elapsed' | 'epoch';

/** Where each stretch stands: at its step, when it was measured, how long after the first, or in which epoch it was. */
export function placesOf(measured: Measured, along: Along, epochs?: Measured): readonly number[] {
  const { steps, times } = measured;
  if (along === 'step') return steps;
  if (along === 'epoch') return epochs ? steps.map((step) => epochAt(epochs, step)) : steps;
  const seconds = times.map((time) => Date.parse(time) / 1_000);
  const [first = 0] = seconds;
  return along === 'time' ? seconds : seconds.map((second) => second - first);
}

/** The epoch of the last step that says one, up to a step. */
function epochAt({ steps, high }: Measured, step: number): number {
  let [low, most] = [0, steps.length];
  while (low < most) {
    const middle = (low + most) >> 1;
    if ((steps[middle] ?? 0) <= step) low = middle + 1;
    else most = middle;
  }
  return high[Math.max(0, low - 1)] ?? 0;
}

/**
 * A line through the values of a series; of a thinned one through the least and the greatest of each stretch, so that no peak is lost.
 *
 * @param smoothing the weight of what was before, from 0 to below 1: an exponential mean without the bias of its beginning (Kingma and Ba 2015)
 */
export function lineOf(
  name: string,
  measured: Measured,
  places: readonly number[],
  smoothing: number,
): PlottedLine {
  const x: number[] = [];
  const y: (number | null)[] = [];
  let [mean, weight] = [0, 0];
  for (const [at, place] of places.entries()) {
    const [low, high] = [measured.low[at] ?? null, measured.high[at] ?? null];
    // A picture goes from left to right: what was measured again later stands where it was.
    const from = Math.max(place, x.at(-1) ?? place);
    if (low === null || high === null) {
      x.push(from);
      y.push(null);
    } else if (smoothing > 0) {
      weight = smoothing * weight + (1 - smoothing);
      // Moved by the difference: what never changes stays exactly what it is, and has no jitter to be enlarged.
      mean += ((1 - smoothing) / weight) * ((low + high) / 2 - mean);
      x.push(from);
      y.push(mean);
    } else if (low === high) {
      x.push(from);
      y.push(low);
    } else {
      const next = Math.max(from, places[at + 1] ?? from);
      x.push(from, from + (next - from) / 2);
      y.push(low, high);
    }
  }
  return { name, x, y };
}
