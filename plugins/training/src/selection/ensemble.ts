/** How many times a member is added; weights are multiples of one over the number of those that served best. */
const STEPS = 40;

/**
 * Greedy ensemble selection with replacement (Caruana et al. 2004): beginning with the best one, adds at each step the candidate
 * with which the mean of all loses least, and keeps the step that lost least. O(steps x candidates x values).
 *
 * @param scores of each candidate, of the same rows
 * @param loss less is better; no number where scores are none
 * @param bound what each member takes, once, and what all may take together
 * @returns the weight of each candidate; they add up to 1
 * @throws RangeError where no candidate has a loss
 */
export function selectEnsemble(
  scores: readonly Float64Array[],
  loss: (scores: Float64Array) => number,
  bound: { readonly times: readonly number[]; readonly limit: number } = {
    times: [],
    limit: Number.POSITIVE_INFINITY,
  },
): readonly number[] {
  const counts = scores.map(() => 0);
  const sum = new Float64Array(scores[0]?.length ?? 0);
  const mean = new Float64Array(sum.length);
  let taken = 0;
  let best: { readonly loss: number; readonly weights: readonly number[] } | undefined;
  for (let step = 1; step <= STEPS; step++) {
    let [chosen, lowest] = [-1, Number.POSITIVE_INFINITY];
    for (const [index, added] of scores.entries()) {
      if (counts[index] === 0 && taken + (bound.times[index] ?? 0) > bound.limit) continue;
      for (let at = 0; at < mean.length; at++) mean[at] = ((sum[at] ?? 0) + (added[at] ?? 0)) / step;
      const found = loss(mean);
      if (found < lowest) [chosen, lowest] = [index, found];
    }
    const added = scores[chosen];
    if (!added) break;
    for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] ?? 0) + (added[at] ?? 0);
    if (counts[chosen] === 0) taken += bound.times[chosen] ?? 0;
    counts[chosen] = (counts[chosen] ?? 0) + 1;
    if (!best || lowest < best.loss) best = { loss: lowest, weights: counts.map((count) => count / step) };
  }
  if (best) return best.weights;
  throw new RangeError('No candidate has scores that lose a finite amount.');
}
