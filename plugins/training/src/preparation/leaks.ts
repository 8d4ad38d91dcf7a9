import { datasetsToken, type Leak, type TrainingSpec } from '@trestle/contracts';
import { type Scope, shellWord } from '@trestle/kernel';
import { trainError } from '../train-error.ts';
import type { Prepared } from './prepare.ts';

/** How what is told of a leak begins. */
export const LEAK = 'Perhaps a leak: ';

/**
 * Features that alone nearly tell the target, as the profile of the data knows them: most such columns are written down with the
 * outcome, and are not there yet when it is to be predicted.
 *
 * @throws TRS_TRAIN_LEAK where they are to be refused
 */
export async function knownLeaks(
  scope: Scope,
  spec: TrainingSpec,
  { dataset, candidates, declared }: Prepared,
  signal: AbortSignal,
): Promise<{ readonly leaks: readonly Leak[]; readonly notes: readonly string[] }> {
  const datasets = await scope.service(datasetsToken);
  const reference = `${dataset.dataset}@${dataset.version}`;
  const used = new Set([...candidates, ...declared.flatMap(({ sources }) => sources)]);
  const all = await datasets.leaks(reference, spec.target, signal);
  const leaks = all.filter(({ column }) => used.has(column));
  if (leaks.length === 0) return { leaks, notes: [] };
  const exclude = `--exclude ${shellWord(leaks.map(({ column }) => column).join(','))}`;
  const told = leaks.map(
    ({ column, score }) =>
      `"${column}" alone nearly tells "${spec.target}" (${(100 * score).toFixed(1)} % of what can be known)`,
  );
  if (spec.leaks === 'refuse') {
    throw trainError('LEAK', {
      kind: 'invalid',
      message: `${told.join('; ')}.`,
      hint: `Leave out what is known only with the outcome: ${exclude}. --leaks warn trains all the same.`,
      details: { leaks },
    });
  }
  return {
    leaks,
    notes: told.map(
      (one) => `${LEAK}${one}. If it is known only with the outcome, the model is of no use: ${exclude}`,
    ),
  };
}
