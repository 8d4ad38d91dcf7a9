import { logGamma } from './incomplete-gamma.ts';

/**
 * McNemar's test in its exact form: of the rows on which one of two classifiers alone is right, is it as often the one as the other?
 * Two-sided, by the binomial distribution (Q. McNemar, Psychometrika 12, 1947). O(the smaller count).
 *
 * @param first rows that the first alone has right
 * @param second rows that the second alone has right
 * @returns the p-value; 1 where they never differ
 */
export function mcnemarTest(first: number, second: number): number {
  const total = first + second;
  let below = 0;
  for (let k = 0; k <= Math.min(first, second); k++)
    below += Math.exp(logGamma(total + 1) - logGamma(k + 1) - logGamma(total - k + 1) - total * Math.LN2);
  return Math.min(1, 2 * below);
}
