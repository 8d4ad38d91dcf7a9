import { type DatasetVersion, datasetsToken } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { lineageToken } from '@trestle/store';
import { trainError } from '../train-error.ts';
import type { Split } from './split.ts';

/**
 * The rows of a split that `data split` recorded: those of the held part are tested on, those of the part "validation" are
 * kept out of both, all others are trained on.
 *
 * @param usable rows with a target, ascending
 * @throws TRS_TRAIN_SPLIT when it is no split of the dataset, or has no such part
 */
export async function recordedSplit(
  scope: Scope,
  dataset: DatasetVersion,
  { split, hold }: { readonly split: string; readonly hold: string },
  usable: Int32Array,
): Promise<Split> {
  const datasets = await scope.service(datasetsToken);
  const version = await datasets.resolve(split);
  const reference = `${version.dataset}@${version.version}`;
  await checkOrigin(scope, dataset, reference);
  const parts: string[] = [];
  for await (const batch of datasets.read(reference, { columns: ['part'] })) {
    const column = batch.columns.part;
    if (column?.type === 'string') for (const part of column.values) parts.push(part ?? '');
  }
  const test = usable.filter((row) => parts[row] === hold);
  const train = usable.filter((row) => parts[row] !== hold && parts[row] !== 'validation');
  if (test.length > 0 && train.length > 0) return { kind: 'recorded', train, test };
  const names = [...new Set(parts)].sort().join(', ');
  throw splitError(
    test.length === 0 ? `no row of "${reference}" is in the part "${hold}"` : 'no row is left to train on',
    `Its parts: ${names}. Name one with --hold.`,
  );
}

async function checkOrigin(scope: Scope, dataset: DatasetVersion, reference: string): Promise<void> {
  const lineage = await scope.service(lineageToken);
  const edges = await lineage.into(`dataset:${reference}`);
  const origins = edges
    .filter((edge) => edge.kind === 'split')
    .map((edge) => edge.from.replace('dataset:', ''));
  if (origins.includes(`${dataset.dataset}@${dataset.version}`)) return;
  throw splitError(
    `"${reference}" is ${origins.length === 0 ? 'no split' : `a split of ${origins.join(', ')}`}, and not of ${dataset.dataset}@${dataset.version}`,
    `"trestle data split ${dataset.dataset}@${dataset.version}" makes one.`,
  );
}

const splitError = (what: string, hint: string) =>
  trainError('SPLIT', { kind: 'invalid', message: `The rows cannot be split so: ${what}.`, hint });
