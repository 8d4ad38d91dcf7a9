import { type DatasetVersion, datasetsToken } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { lineageToken } from '@trestle/store';
import { crossParts, holdPart, splitError } from './parts.ts';
import type { Split } from './split.ts';

/**
 * The rows of a split that `data split` recorded, one part of it held out, or each once.
 *
 * @param usable rows with a target, ascending
 * @throws TRS_TRAIN_SPLIT when it is no split of the dataset, or has no such part
 */
export async function recordedSplit(
  scope: Scope,
  dataset: DatasetVersion,
  { split, hold, isCrossed }: { readonly split: string; readonly hold: string; readonly isCrossed: boolean },
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
  return isCrossed
    ? crossParts(`"${reference}"`, parts, usable)
    : holdPart('recorded', `"${reference}"`, parts, hold, usable);
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
