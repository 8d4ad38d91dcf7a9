import { logGamma, upperGamma } from './incomplete-gamma.ts';
import { seeded } from './seeded.ts';

export interface TestResult {
  readonly statistic: number;
  readonly pValue: number;
}

/** The probability that a chi-squared variable with `degrees` degrees of freedom exceeds `statistic`. */
export const chiSquaredSurvival = (statistic: number, degrees: number): number =>
  degrees <= 0 ? 1 : upperGamma(degrees / 2, statistic / 2);

/** From this expected count on the chi-squared approximation is good (W. G. Cochran, Biometrics 10, 1954). */
const MIN_EXPECTED = 5;

/**
 * Pearson's chi-squared test of homogeneity: were two samples of counts over the same categories drawn from one
 * distribution? No continuity correction.
 *
 * Where categories are too rare for the chi-squared distribution, the p-value is that of the statistic when all rows are shared
 * out anew between the two samples. So both samples' luck counts, whatever the number of categories, and none are pooled: a
 * thousand values that nobody saw before are a thousand facts. The categories must not have been chosen by how often one
 * of the two samples had them.
 *
 * @param reference counts per category
 * @param current counts per category, as long as `reference`
 */
export function chiSquaredTest(reference: readonly number[], current: readonly number[]): TestResult {
  const places = reference
    .map((_, place) => place)
    .filter((k) => (reference[k] ?? 0) + (current[k] ?? 0) > 0);
  const before = places.map((k) => reference[k] ?? 0);
  const now = places.map((k) => current[k] ?? 0);
  const [beforeTotal, nowTotal] = [sumOf(before), sumOf(now)];
  if (beforeTotal === 0 || nowTotal === 0 || places.length < 2) return { statistic: 0, pValue: 1 };
  const both = before.map((count, k) => count + (now[k] ?? 0));
  const share = nowTotal / (beforeTotal + nowTotal);
  let statistic = 0;
  for (const [k, count] of both.entries())
    statistic += ((now[k] ?? 0) - count * share) ** 2 / (count * share * (1 - share));
  const leastExpected = both.reduce((a, b) => Math.min(a, b)) * Math.min(share, 1 - share);
  if (leastExpected >= MIN_EXPECTED)
    return { statistic, pValue: chiSquaredSurvival(statistic, both.length - 1) };
  // Values that each came once are in one of the samples or the other, and tell nothing.
  if (both.every((count) => count === 1)) return { statistic, pValue: 1 };
  if (both.length === 2) return { statistic, pValue: fourFoldTest(both, now, nowTotal) };
  // The smaller sample has the same distances from what was expected, and is drawn faster.
  return { statistic, pValue: sharedOutAnew(both, nowTotal <= beforeTotal ? now : before) };
}

/**
 * Two categories: the mid-p-value (H. O. Lancaster, J. Am. Statist. Ass. 56, 1961) of the hypergeometric distribution, over all
 * tables at least as far from what was expected.
 */
function fourFoldTest(both: readonly number[], now: readonly number[], drawn: number): number {
  const [first = 0, second = 0] = both;
  const total = first + second;
  const expected = (first * drawn) / total;
  const observed = Math.abs((now[0] ?? 0) - expected);
  const logAt = (count: number): number =>
    logChoose(first, count) + logChoose(second, drawn - count) - logChoose(total, drawn);
  let pValue = 0;
  for (let count = Math.max(0, drawn - second); count <= Math.min(first, drawn); count++) {
    const distance = Math.abs(count - expected);
    // What is equally far differs in the last digits.
    const tie = Math.abs(distance - observed) < 1e-9 * (1 + expected);
    if (tie || distance > observed) pValue += Math.exp(logAt(count)) * (tie ? 0.5 : 1);
  }
  return Math.min(1, pValue);
}

const MAX_DRAWS = 1_000;
/** Draws times rows: what a test may cost. */
const MAX_WORK = 2e6;
/** So many draws beyond what was observed tell a p-value to about a fifth of itself (J. Besag and P. Clifford, Biometrika 78, 1991). */
const ENOUGH_BEYOND = 20;
/**
 * The share of a category's weight that differs from that of the others. It tells apart draws whose statistics would be equal: of a
 * few pairs of rare values a test would else have too few p-values to hold its level.
 */
const TIE_BREAK = 1e-3;

/**
 * The p-value of a statistic by drawing it anew, what is equal counted half.
 *
 * @param draw a statistic as it would be without a difference
 * @param rows how many rows one draw takes
 */
export function drawnPValue(observed: number, rows: number, draw: () => number): number {
  const draws = Math.round(Math.min(MAX_DRAWS, Math.max(200, MAX_WORK / rows)));
  const slack = 1e-9 * (Math.abs(observed) + 1);
  const found: number[] = [];
  let beyond = 0;
  while (found.length < draws && beyond < ENOUGH_BEYOND) {
    const statistic = draw();
    beyond += statistic > observed + slack ? 1 : statistic >= observed - slack ? 0.5 : 0;
    found.push(statistic);
  }
  return beyond >= ENOUGH_BEYOND ? beyond / found.length : Math.min(1, tailOf(found, observed, beyond));
}

/** How often the weighted statistic of rows that are shared out anew exceeds the observed one. Equal samples give equal p-values. */
function sharedOutAnew(both: readonly number[], sample: readonly number[]): number {
  const random = seeded(1);
  const total = sumOf(both);
  const drawn = sumOf(sample);
  const share = drawn / total;
  const weights = both.map((count) => (1 + TIE_BREAK * random()) / count);
  // (o - e)² by steps: each row that is drawn adds (2o + 1 - 2e) times the weight.
  const base = both.map((count, k) => (weights[k] ?? 0) * (1 - 2 * count * share));
  let observed = 0;
  for (const [k, count] of sample.entries())
    observed += (base[k] ?? 0) * count + (weights[k] ?? 0) * count * (count - 1);
  const rows = new Int32Array(total);
  let row = 0;
  for (const [k, count] of both.entries()) {
    rows.fill(k, row, row + count);
    row += count;
  }
  const counts = new Int32Array(both.length);
  return drawnPValue(observed, drawn, () => {
    counts.fill(0);
    let statistic = 0;
    for (let place = 0; place < drawn; place++) {
      const other = place + Math.floor(random() * (total - place));
      const k = rows[other] ?? 0;
      rows[other] = rows[place] ?? 0;
      rows[place] = k;
      const count = counts[k] ?? 0;
      counts[k] = count + 1;
      statistic += (base[k] ?? 0) + 2 * (weights[k] ?? 0) * count;
    }
    return statistic;
  });
}

/** Few or no draws are beyond: the tail of a gamma distribution with their mean, spread and skewness (Pearson's type III). */
function tailOf(found: readonly number[], observed: number, beyond: number): number {
  const mean = sumOf(found) / found.length;
  const moment = (power: number): number =>
    found.reduce((sum, value) => sum + (value - mean) ** power, 0) / found.length;
  const deviation = Math.sqrt(moment(2));
  // Shared out in any way, the rows give one statistic: it says nothing.
  if (!(deviation > 1e-12 * (1 + Math.abs(mean)))) return 1;
  const skewness = moment(3) / deviation ** 3;
  const z = (observed - mean) / deviation;
  if (beyond >= ENOUGH_BEYOND / 2 || z <= 0) return beyond / found.length;
  if (skewness < 1e-3) return 0.5 * upperGamma(0.5, (z * z) / 2);
  const shape = 4 / skewness ** 2;
  return upperGamma(shape, Math.max(0, shape + z * Math.sqrt(shape)));
}

/** The natural logarithm of a binomial coefficient. */
const logChoose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k);
const logFactorial = (n: number): number => (n < 2 ? 0 : logGamma(n + 1));

export const sumOf = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
