import { drawnPValue, sumOf, type TestResult } from './chi-squared.ts';
import { seeded } from './seeded.ts';

/**
 * Compares a sample with bins that the reference's own sorted values bound, the first and the last of which lie beyond them all:
 * a chi-squared statistic, which finds rare values that became frequent, and values that nobody had seen.
 *
 * Such bins have their counts by how they were made, and not by chance: what is by chance is how much of the population lies in
 * each, which is as likely in one gap between two neighbours as in any other. So each bin is drawn from with a weight of one per
 * gap, and a further one for each row that it was drawn (an urn of Pólya and Eggenberger; S. S. Wilks, Ann. Math. Statist. 13, 1942).
 *
 * @param reference counts per bin; where its first and last are empty, what is beyond counts as one gap
 * @param current counts per bin, as long as `reference`
 */
export function tailsTest(reference: readonly number[], current: readonly number[]): TestResult {
  const drawn = sumOf(current);
  const gaps = gapsOf(reference);
  const total = sumOf(gaps);
  if (drawn === 0 || sumOf(reference) === 0 || gaps.length < 2) return { statistic: 0, pValue: 1 };
  const statisticOf = (counts: ArrayLike<number>): number =>
    gaps.reduce((sum, gap, k) => {
      const expected = (drawn * gap) / total;
      return sum + ((counts[k] ?? 0) - expected) ** 2 / expected;
    }, 0);
  const statistic = statisticOf(current);
  const ends: number[] = [];
  for (const gap of gaps) ends.push((ends.at(-1) ?? 0) + gap);
  const random = seeded(1);
  const chosen = new Int32Array(drawn);
  const counts = new Int32Array(gaps.length);
  const pValue = drawnPValue(statistic, drawn, () => {
    counts.fill(0);
    for (let row = 0; row < drawn; row++) {
      const ball = random() * (total + row);
      const bin =
        ball < total ? ends.findIndex((end) => ball < end) : (chosen[Math.floor(ball - total)] ?? 0);
      chosen[row] = bin;
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return statisticOf(counts);
  });
  return { statistic, pValue };
}

/** The gaps between neighbours in each bin: n values have n + 1, the first and the last of which are beyond them all. */
function gapsOf(reference: readonly number[]): readonly number[] {
  if (reference.length < 3 || reference[0] !== 0 || reference.at(-1) !== 0)
    return reference.map((count) => count || 1);
  const inner = reference.slice(1, -1);
  // The least value ends the gap below it.
  return [1, ...inner.map((count, k) => (k === 0 ? Math.max(count - 1, 0.5) : count || 0.5)), 1];
}
