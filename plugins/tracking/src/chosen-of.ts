import type { TrackedRun } from '@trestle/contracts';

/** What a training has chosen, in words: a candidate, or several together. */
export function chosenOf({ candidates = [] }: TrackedRun): string | undefined {
  const chosen = candidates.filter((one) => one.chosen);
  const [first] = chosen;
  return chosen.length > 1 ? `ensemble of ${chosen.length}` : first?.estimator;
}
