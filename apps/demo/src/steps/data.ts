import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isTrestleError, type TrestleError } from '@trestle/kernel';
import { dataAdd, dataProfile, dataValidate } from '@trestle/plugin-data';
import { demoError } from '../demo-error.ts';
import { DATASET } from '../demo-folder.ts';
import { corrupted, LIVE_FROM, toCsv } from '../records.ts';
import { announce, ask, perform, type Stage } from '../stage.ts';

const SUITE = join('expectations', `${DATASET}.json`);

export interface DataAccount {
  readonly dataset: string;
  readonly rows: number;
  readonly digest: string;
  /** What became of the corrupt copy. */
  readonly refused: { readonly code: string; readonly message: string };
}

/** Records up to a day become a version that meets its expectations; a corrupt copy does not get in. */
export async function addData(stage: Stage): Promise<DataAccount> {
  const { dir, past } = stage;
  const suite = join(dir, SUITE);
  const file = join(dir, `${DATASET}.csv`);
  await writeFile(file, toCsv(past));

  announce(
    stage,
    '1  Data: a version that cannot change',
    `${past.length.toLocaleString('en-US')} wildlife strikes reported to the FAA before ${LIVE_FROM}; later ones are the future.`,
    `trestle data add ${DATASET}.csv --name ${DATASET} --suite ${SUITE}`,
  );
  const added = await perform(stage, dataAdd, { path: file, name: DATASET, suite });
  const dataset = `${added.dataset}@${added.version}`;

  announce(stage, 'What is in it', 'Every column at a glance.', `trestle data profile ${DATASET}`);
  await perform(stage, dataProfile, { name: DATASET });

  announce(stage, 'What is expected of it', `Rules in ${SUITE}.`, `trestle data validate ${DATASET}`);
  await perform(stage, dataValidate, { name: DATASET });

  announce(
    stage,
    'A corrupt copy is refused',
    'Negative speeds, an unknown size, missing dates, costs that do not add up.',
    `trestle data add corrupt.csv --name ${DATASET} --suite ${SUITE}`,
  );
  const corrupt = join(dir, 'corrupt.csv');
  await writeFile(corrupt, toCsv(corrupted(past)));
  const refusal = await refusalOf(ask(stage, dataAdd, { path: corrupt, name: DATASET, suite }));
  stage.show([
    { kind: 'note', tone: 'bad', text: `${refusal.code}: ${refusal.message}\n    ${refusal.hint ?? ''}` },
    { kind: 'note', tone: 'good', text: `${dataset} is still the newest version.` },
  ]);
  return {
    dataset,
    rows: added.rows,
    digest: added.digest,
    refused: { code: refusal.code, message: refusal.message },
  };
}

async function refusalOf(attempt: Promise<unknown>): Promise<TrestleError> {
  const outcome = await attempt.catch((error: unknown) => error);
  if (isTrestleError(outcome) && outcome.kind === 'refused') return outcome;
  if (outcome instanceof Error) throw outcome;
  throw demoError('CORRUPT_ACCEPTED', {
    kind: 'failed',
    message: 'The corrupt copy was taken in, though its expectations fail.',
    hint: 'This is a defect; please report it.',
  });
}
