import type { Moments } from '../sketch/sketches.ts';
import type { Sequence } from './rate-ratio.ts';

/**
 * The mean of numbers, at all times at once, asymptotically: the normal mixture of Robbins for any distribution with a variance
 * (I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy and A. Ramdas, Time-uniform central limit theory and asymptotic confidence
 * sequences, Ann. Statist. 52 (2024), theorem 2.2). It begins at 30 numbers: of fewer the variance is not known well enough.
 *
 * @param soonest the count at which it is tightest
 */
export function meanSequence(
  { count, mean, m2 }: Pick<Moments, 'count' | 'mean' | 'm2'>,
  alpha: number,
  soonest = 1_000,
): Sequence {
  if (count === 0) return { estimate: null, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  if (count < FEWEST)
    return { estimate: mean, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  // Section 2.3 there: the scale at which the boundary is narrowest at `soonest`.
  const doubt = -2 * Math.log(alpha);
  const scale = (doubt + Math.log(doubt) + 1) / soonest;
  const grown = count * scale + 1;
  const width = Math.sqrt(
    (m2 / count) * ((2 * grown) / (count ** 2 * scale)) * Math.log(Math.sqrt(grown) / alpha),
  );
  return { estimate: mean, low: mean - width, high: mean + width };
}

const FEWEST = 30;
