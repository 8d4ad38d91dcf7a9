import { sumOf, type TestResult } from './chi-squared.ts';

/** Up to so many pairs of a row of one sample and a row of the other all paths are counted, in a few milliseconds. */
const MAX_CELLS = 1e6;

/**
 * The two-sample Kolmogorov–Smirnov test on counts over the same ordered bins.
 *
 * The statistic is the largest distance of the two cumulative distributions at a bin's edge. Its p-value is exact, given how
 * many rows of both samples together each bin has (G. Schröer and D. Trenkler, Comput. Statist. Data Anal. 20, 1995); where each
 * bin has one it is that of samples without ties. Of large samples it is Kolmogorov's limit with M. A. Stephens' correction
 * (J. R. Statist. Soc. B 32, 1970), which binning makes conservative.
 *
 * @param reference counts per bin, in order
 * @param current counts per bin, as long as `reference`
 */
export function kolmogorovSmirnovTest(reference: readonly number[], current: readonly number[]): TestResult {
  const [m, n] = [sumOf(reference), sumOf(current)];
  if (m === 0 || n === 0) return { statistic: 0, pValue: 1 };
  let [referenceSoFar, currentSoFar, furthest] = [0, 0, 0];
  const edges = new Uint8Array(m + n + 1);
  for (const [k, count] of reference.entries()) {
    referenceSoFar += count;
    currentSoFar += current[k] ?? 0;
    edges[referenceSoFar + currentSoFar] = 1;
    furthest = Math.max(furthest, Math.abs(referenceSoFar * n - currentSoFar * m));
  }
  const statistic = furthest / m / n;
  if (m * n <= MAX_CELLS) return { statistic, pValue: pathsBeyond(m, n, furthest, edges) };
  const root = Math.sqrt((m * n) / (m + n));
  return { statistic, pValue: kolmogorovSurvival((root + 0.12 + 0.11 / root) * statistic) };
}

/**
 * The share of all orders of m and n rows in which the samples are at least as far apart at one of the edges as they were: paths
 * from (0, 0) to (m, n) that touch the distance, walked backwards from the end so that each step is as likely as the rows left.
 *
 * @param furthest the distance times m and n, a whole number, so that what is equal is equal
 * @param edges whether a bin ends after so many rows of both
 */
function pathsBeyond(m: number, n: number, furthest: number, edges: Uint8Array): number {
  if (furthest === 0) return 1;
  const reach = new Float64Array(n + 1);
  for (let i = 0; i <= m; i++) {
    for (let j = 0; j <= n; j++) {
      if (i + j === 0) continue;
      const isBeyond = edges[i + j] === 1 && Math.abs(i * n - j * m) >= furthest;
      reach[j] = isBeyond
        ? 1
        : ((i === 0 ? 0 : i * (reach[j] ?? 0)) + (j === 0 ? 0 : j * (reach[j - 1] ?? 0))) / (i + j);
    }
  }
  return Math.min(1, reach[n] ?? 1);
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
