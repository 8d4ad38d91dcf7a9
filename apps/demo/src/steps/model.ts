import { modelPromote } from '@trestle/plugin-registry';
import { deployOperation } from '@trestle/plugin-serving';
import { trainOperation } from '@trestle/plugin-training';
import { demoError } from '../demo-error.ts';
import { DATASET, MODEL } from '../demo-folder.ts';
import { DATE, LEAKS, TARGET } from '../records.ts';
import { announce, byHand, perform, type Stage } from '../stage.ts';

export interface ModelAccount {
  readonly run: string;
  readonly version: number;
  readonly test: Readonly<Record<string, number | null>>;
  readonly candidates: readonly { readonly estimator: string; readonly chosen: boolean }[];
}

/** Trains, lets the better kind of estimator win, and puts it before the public under an alias. */
export async function trainModel(stage: Stage): Promise<ModelAccount> {
  const quoted = (names: readonly string[]): string => `"${names.join(',')}"`;
  announce(
    stage,
    '2  Training: does a strike damage the aircraft?',
    `Left out, because they are known only afterwards and tell the outcome: ${LEAKS.join(', ')}. The latest fifth is held out.`,
    `trestle train --data ${DATASET} --target ${TARGET} --exclude ${quoted(LEAKS)} --time-column "${DATE}" --register ${MODEL}`,
  );
  const trained = await perform(stage, trainOperation, {
    data: DATASET,
    target: TARGET,
    exclude: [...LEAKS],
    timeColumn: DATE,
    register: MODEL,
  });
  if (!trained.model) {
    throw demoError('NOT_REGISTERED', {
      kind: 'failed',
      message: `Run ${trained.run} registered no model.`,
      hint: 'This is a defect; please report it.',
    });
  }
  const { version } = trained.model;

  announce(
    stage,
    '3  Registry and deployment',
    'One file holds schema, preprocessing, graph, weights and golden examples; promotion replays them first.',
    `trestle model promote ${MODEL} ${version} --alias champion`,
  );
  await perform(stage, modelPromote, { name: MODEL, version, alias: 'champion' });
  stage.show([byHand(`trestle deploy ${MODEL}@champion`)]);
  await perform(stage, deployOperation, { model: `${MODEL}@champion` });
  return { run: trained.run, version, test: trained.metrics.test, candidates: trained.candidates };
}
