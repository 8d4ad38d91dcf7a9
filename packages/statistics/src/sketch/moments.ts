import type { Moments } from './sketches.ts';

export const NO_MOMENTS: Moments = { count: 0, mean: 0, m2: 0, m3: 0, m4: 0 };

/**
 * The moments of both together: P. Pébay, Formulas for robust, one-pass parallel computation of covariances and arbitrary-order
 * statistical moments (Sandia 2008).
 */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const [p, q] = [a.count / count, b.count / count];
  const delta = b.mean - a.mean;
  return {
    count,
    mean: a.mean + delta * q,
    m2: a.m2 + b.m2 + delta ** 2 * p * b.count,
    m3: a.m3 + b.m3 + delta ** 3 * p * b.count * (p - q) + 3 * delta * (p * b.m2 - q * a.m2),
    m4:
      a.m4 +
      b.m4 +
      delta ** 4 * p * b.count * (p * p - p * q + q * q) +
      6 * delta ** 2 * (p * p * b.m2 + q * q * a.m2) +
      4 * delta * (p * b.m3 - q * a.m3),
  };
}

/** Moments from the sums of the powers of what numbers differ from something near their mean. */
export function momentsAround(
  centre: number,
  count: number,
  [s1 = 0, s2 = 0, s3 = 0, s4 = 0]: readonly number[],
): Moments | null {
  if (count === 0) return NO_MOMENTS;
  const d = s1 / count;
  const found = {
    count,
    mean: centre + d,
    m2: Math.max(0, s2 - count * d ** 2),
    m3: s3 - 3 * d * s2 + 2 * count * d ** 3,
    m4: Math.max(0, s4 - 4 * d * s3 + 6 * d ** 2 * s2 - 3 * count * d ** 4),
  };
  // Powers of numbers beyond 1e77 are more than a double holds.
  return Object.values(found).every(Number.isFinite) ? found : null;
}

/** Standard deviation of a sample, skewness and excess kurtosis, where they are defined. */
export function shapeOf({ count, m2, m3, m4 }: Moments): {
  readonly std: number | null;
  readonly skewness: number | null;
  readonly kurtosis: number | null;
} {
  const defined = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return {
    std: count < 2 ? null : Math.sqrt(m2 / (count - 1)),
    skewness: defined((Math.sqrt(count) * m3) / m2 ** 1.5),
    kurtosis: defined((count * m4) / m2 ** 2 - 3),
  };
}
