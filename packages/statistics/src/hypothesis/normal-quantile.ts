import { upperGamma } from './incomplete-gamma.ts';

/** The number that a standard normal variable is at most with this probability; by halving, exact to the last digits. */
export function normalQuantile(probability: number): number {
  if (!(probability > 0 && probability < 1))
    return probability === 0
      ? Number.NEGATIVE_INFINITY
      : probability === 1
        ? Number.POSITIVE_INFINITY
        : Number.NaN;
  const tail = Math.min(probability, 1 - probability);
  let [low, high] = [0, 40];
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (0.5 * upperGamma(0.5, (middle * middle) / 2) > tail) low = middle;
    else high = middle;
  }
  return probability < 0.5 ? -low : low;
}
