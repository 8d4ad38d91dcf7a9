import { upperGamma } from './incomplete-gamma.ts';

export interface TestResult {
  readonly statistic: number;
  readonly pValue: number;
}

/** The probability that a chi-squared variable with `degrees` degrees of freedom exceeds `statistic`. */
export const chiSquaredSurvival = (statistic: number, degrees: number): number =>
  degrees <= 0 ? 1 : upperGamma(degrees / 2, statistic / 2);

/** Below this expected count the chi-squared approximation is poor (W. G. Cochran, Biometrics 10, 1954). */
const MIN_EXPECTED = 5;

/**
 * Pearson's chi-squared test of homogeneity: were two samples of counts over the same categories drawn from one
 * distribution? No continuity correction. Categories that are too rare for the approximation are pooled.
 *
 * @param reference counts per category
 * @param current counts per category, as long as `reference`
 */
export function chiSquaredTest(reference: readonly number[], current: readonly number[]): TestResult {
  const [pooledReference, pooledCurrent] = poolRare(reference, current);
  const referenceTotal = sumOf(pooledReference);
  const currentTotal = sumOf(pooledCurrent);
  const total = referenceTotal + currentTotal;
  if (referenceTotal === 0 || currentTotal === 0 || pooledReference.length < 2)
    return { statistic: 0, pValue: 1 };
  let statistic = 0;
  pooledReference.forEach((count, k) => {
    const other = pooledCurrent[k] ?? 0;
    const both = count + other;
    const expectedReference = (both * referenceTotal) / total;
    const expectedCurrent = (both * currentTotal) / total;
    statistic += (count - expectedReference) ** 2 / expectedReference;
    statistic += (other - expectedCurrent) ** 2 / expectedCurrent;
  });
  return { statistic, pValue: chiSquaredSurvival(statistic, pooledReference.length - 1) };
}

/** Pools the categories whose expected count in the smaller sample is under 5; empty ones vanish. */
function poolRare(reference: readonly number[], current: readonly number[]): [number[], number[]] {
  const referenceTotal = sumOf(reference);
  const currentTotal = sumOf(current);
  const smallerShare = Math.min(referenceTotal, currentTotal) / (referenceTotal + currentTotal || 1);
  const kept: [number[], number[]] = [[], []];
  const pool: [number, number] = [0, 0];
  reference.forEach((count, k) => {
    const other = current[k] ?? 0;
    if (count + other === 0) return;
    if ((count + other) * smallerShare < MIN_EXPECTED) {
      pool[0] += count;
      pool[1] += other;
    } else {
      kept[0].push(count);
      kept[1].push(other);
    }
  });
  if (pool[0] + pool[1] > 0) {
    kept[0].push(pool[0]);
    kept[1].push(pool[1]);
  }
  return kept;
}

export const sumOf = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
