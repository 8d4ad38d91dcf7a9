import { monitorRetrain } from '@trestle/plugin-monitoring';
import { modelPromote, modelRollback } from '@trestle/plugin-registry';
import { MODEL } from '../demo-folder.ts';
import { answerSchema, type Label, type LiveRow, post } from '../live-traffic.ts';
import { announce, perform, type Stage } from '../stage.ts';
import { waitForRetraining } from '../wait.ts';
import { sendLabels } from './live.ts';

export interface RetrainAccount {
  readonly run: string;
  readonly dataset: string;
  readonly labels: number;
  readonly comparedRows: number;
  readonly metric: string;
  readonly champion: { readonly version: number; readonly value: number };
  readonly challenger: { readonly version: number; readonly value: number };
  readonly promoted: boolean;
}

/** Delayed labels arrive; the alert's action retrains, and the better model of the two stays. */
export async function improve(
  stage: Stage,
  url: string,
  alert: string,
  labels: readonly Label[],
): Promise<RetrainAccount> {
  announce(
    stage,
    '5  Labels arrive, and the alert is answered',
    `${labels.length} outcomes, later than their predictions; then the configured action retrains by itself.`,
    `curl ${url}/v1/feedback/${MODEL} -H 'content-type: application/json' -d '{"labels": [{"id": "p-…", "label": true}]}'`,
  );
  await sendLabels(stage, url, labels);
  const result = await waitForRetraining(stage, alert);
  stage.show(monitorRetrain.present?.(result) ?? []);
  const { metric, metrics } = result;
  return {
    run: result.run,
    dataset: result.dataset,
    labels: result.labelledRows,
    comparedRows: result.rows,
    metric,
    champion: { version: result.champion.version, value: metrics.champion[metric] ?? Number.NaN },
    challenger: { version: result.challenger.version, value: metrics.challenger[metric] ?? Number.NaN },
    promoted: result.promoted,
  };
}

/** Returns to the model before and, if the challenger had won, forth again. */
export async function rollBack(
  stage: Stage,
  url: string,
  row: LiveRow,
  { challenger, promoted }: RetrainAccount,
): Promise<readonly number[]> {
  announce(
    stage,
    '6  Rollback, under traffic',
    promoted
      ? 'Back to the version before and forth again: the deployment follows its alias.'
      : 'The champion stayed. The challenger is promoted by hand for a moment, to show the way back.',
    `trestle model rollback ${MODEL} --alias champion`,
  );
  const served: number[] = [];
  const look = async (): Promise<void> => {
    // The answer itself tells which version gave it.
    const answer = answerSchema.parse(await post(`${url}/v1/predict/${MODEL}`, { rows: [row] }));
    served.push(answer.model.version);
    stage.show([{ kind: 'note', tone: 'info', text: `answered: ${JSON.stringify(answer)}` }]);
  };
  const crown = { name: MODEL, version: challenger.version, alias: 'champion' };
  if (!promoted) await perform(stage, modelPromote, crown);
  await look();
  await perform(stage, modelRollback, { name: MODEL, alias: 'champion' });
  await look();
  if (promoted) {
    await perform(stage, modelPromote, crown);
    await look();
  }
  return served;
}
