import type { SearchSpace } from '@trestle/contracts';
import { invariant } from '@trestle/kernel';
import { forest, MAX_CATEGORIES, permutationImportance } from '@trestle/trees';
import type { Trial } from './run-trial.ts';
import { toUnit } from './space.ts';

/** Below so many trials nothing can be said. */
const LEAST_TRIALS = 12;

/**
 * How much each parameter matters: by how much a random forest of what decides predicts worse when the values of one are shuffled
 * (Breiman 2001), as shares of all. Undefined where too few trials came to their end.
 */
export async function importanceOf(
  space: SearchSpace,
  trials: readonly Trial[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>> | undefined> {
  const complete = trials.filter(({ state, metric }) => state === 'complete' && metric !== null);
  const names = Object.keys(space);
  if (complete.length < LEAST_TRIALS) return undefined;
  const matrix = new Float32Array(complete.length * names.length);
  for (const [row, { params }] of complete.entries())
    for (const [column, name] of names.entries()) {
      const [param, value] = [invariant(space[name], 'a parameter'), params[name]];
      const place =
        value === undefined
          ? Number.NaN
          : param.type === 'choice'
            ? param.values.indexOf(value)
            : toUnit(param, Number(value));
      matrix[row * names.length + column] = place;
    }
  const categories = names.map((name) => {
    const param = space[name];
    return param?.type === 'choice' && param.values.length <= MAX_CATEGORIES ? param.values.length : 0;
  });
  // By their order: one trial that diverged must not be all that is seen.
  const order = [...complete.keys()].sort((a, b) => (complete[a]?.metric ?? 0) - (complete[b]?.metric ?? 0));
  const targets = new Float64Array(complete.length);
  for (const [rank, row] of order.entries()) targets[row] = rank / complete.length;
  const table = { rows: complete.length, width: names.length, matrix, categories };
  const grown = await forest(
    { ...table, targets },
    { objective: 'squaredError', trees: 200, minRows: 2, seed: 1 },
    { signal },
  );
  const judge = (predictions: Float64Array): number =>
    -predictions.reduce((sum, prediction, row) => sum + (prediction - (targets[row] ?? 0)) ** 2, 0);
  const { mean } = await permutationImportance(grown.forest, table, judge, { repeats: 20, signal });
  const whole = mean.reduce((sum, one) => sum + Math.max(0, one), 0);
  return Object.fromEntries(
    names.map((name, column) => [name, whole === 0 ? 0 : Math.max(0, mean[column] ?? 0) / whole]),
  );
}
