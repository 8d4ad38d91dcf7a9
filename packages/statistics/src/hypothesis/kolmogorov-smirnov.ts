import { sumOf, type TestResult } from './chi-squared.ts';

/**
 * The two-sample Kolmogorov–Smirnov test on counts over the same ordered bins.
 *
 * The statistic is the largest distance of the two cumulative distributions at a bin's edge. Binning can only lower it,
 * so the test stays conservative. The p-value is Kolmogorov's limit with M. A. Stephens' correction for small samples
 * (J. R. Statist. Soc. B 32, 1970).
 *
 * @param reference counts per bin, in order
 * @param current counts per bin, as long as `reference`
 */
export function kolmogorovSmirnovTest(reference: readonly number[], current: readonly number[]): TestResult {
  const referenceTotal = sumOf(reference);
  const currentTotal = sumOf(current);
  if (referenceTotal === 0 || currentTotal === 0) return { statistic: 0, pValue: 1 };
  let referenceSoFar = 0;
  let currentSoFar = 0;
  let statistic = 0;
  reference.forEach((count, k) => {
    referenceSoFar += count;
    currentSoFar += current[k] ?? 0;
    statistic = Math.max(statistic, Math.abs(referenceSoFar / referenceTotal - currentSoFar / currentTotal));
  });
  const root = Math.sqrt((referenceTotal * currentTotal) / (referenceTotal + currentTotal));
  return { statistic, pValue: kolmogorovSurvival((root + 0.12 + 0.11 / root) * statistic) };
}

/** The probability that Kolmogorov's statistic exceeds `x`: 2 Σ (−1)^(k−1) exp(−2k²x²). */
export function kolmogorovSurvival(x: number): number {
  // Under this the theta series of the complement converges at once, and this one does not.
  if (x < 1.18) return 1 - kolmogorovDistribution(x);
  let sum = 0;
  for (let k = 1; k <= 20; k++) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * x * x);
  return Math.min(1, Math.max(0, 2 * sum));
}

/** √(2π)/x Σ exp(−(2k−1)²π²/(8x²)). */
function kolmogorovDistribution(x: number): number {
  if (x <= 0) return 0;
  let sum = 0;
  for (let k = 1; k <= 20; k++) sum += Math.exp((-((2 * k - 1) ** 2) * Math.PI ** 2) / (8 * x * x));
  return (Math.sqrt(2 * Math.PI) / x) * sum;
}
