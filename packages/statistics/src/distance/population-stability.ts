import { sumOf } from '../hypothesis/chi-squared.ts';

/**
 * The population stability index Σ (q − p) ln(q / p) of two samples of counts over the same bins: the symmetrised
 * Kullback–Leibler divergence. By custom under 0.1 is calm and over 0.2 a shift (N. Siddiqi, Credit Risk Scorecards,
 * 2006).
 *
 * Each bin gets half a count more, so that a bin that is empty in one sample adds a finite amount (H. Jeffreys' prior).
 */
export function populationStabilityIndex(reference: readonly number[], current: readonly number[]): number {
  const [p, q] = [smoothed(reference), smoothed(current)];
  return sumOf(p.map((share, k) => ((q[k] ?? 0) - share) * Math.log((q[k] ?? 0) / share)));
}

const SMOOTHING = 0.5;

function smoothed(counts: readonly number[]): number[] {
  const total = sumOf(counts) + SMOOTHING * counts.length;
  return counts.map((count) => (count + SMOOTHING) / total);
}
