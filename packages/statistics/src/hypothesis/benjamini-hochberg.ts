/**
 * Adjusts p-values of several tests so that rejecting those under α keeps the expected share of false alarms among the
 * alarms at or below α (Y. Benjamini & Y. Hochberg, J. R. Statist. Soc. B 57, 1995).
 *
 * @returns the adjusted p-values, in the order given
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).sort((a, b) => (pValues[b] ?? 0) - (pValues[a] ?? 0));
  const adjusted = new Array<number>(pValues.length).fill(1);
  let smallest = 1;
  order.forEach((index, k) => {
    const rank = pValues.length - k;
    smallest = Math.min(smallest, (pValues[index] ?? 1) * (pValues.length / rank));
    adjusted[index] = smallest;
  });
  return adjusted;
}
