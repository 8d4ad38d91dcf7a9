import type { Feature } from '@trestle/model';
import { monitorDrift } from '@trestle/plugin-monitoring';
import { modelShow } from '@trestle/plugin-registry';
import { demoError } from '../demo-error.ts';
import { MODEL } from '../demo-folder.ts';
import { type Label, type LiveRow, liveRow, post, sendTraffic, shifted } from '../live-traffic.ts';
import type { Strike } from '../records.ts';
import { announce, ask, byHand, perform, type Stage } from '../stage.ts';
import { waitForAlert } from '../wait.ts';

/** How many live records arrive before the upstream form changes. */
const BEFORE_SHIFT = 700;

export interface LiveAccount {
  readonly requests: number;
  readonly rows: number;
  readonly shiftedRows: number;
  /** The id of the last prediction: what `trestle trace` starts from. */
  readonly prediction: string;
  /** The last row as it was sent. */
  readonly lastRow: LiveRow;
  readonly driftBefore: boolean;
  readonly alert: { readonly id: string; readonly summary: string };
}

/** Sends the later records as live traffic, and changes their form halfway. */
export async function goLive(stage: Stage, url: string): Promise<LiveAccount & { labels: readonly Label[] }> {
  const { features } = await ask(stage, modelShow, { model: `${MODEL}@champion` });
  const asRow = (strike: Strike): LiveRow => liveRow(strike, features satisfies readonly Feature[]);
  const endpoint = `${url}/v1/predict/${MODEL}`;
  const send = async (strikes: readonly Strike[], rows: readonly LiveRow[], step: string) =>
    await sendTraffic(endpoint, strikes, rows, (sent) => {
      stage.signal.throwIfAborted();
      stage.onProgress({ step, fraction: sent / rows.length });
    });

  const [early, late] = [stage.live.slice(0, BEFORE_SHIFT), stage.live.slice(BEFORE_SHIFT)];
  announce(
    stage,
    '4  Live: the future arrives',
    `${early.length} later records over HTTP, as they were reported.`,
    `curl ${endpoint} -H 'content-type: application/json' -d '{"rows": [{…}]}'`,
  );
  const usual = await send(early, early.map(asRow), 'sending live traffic');
  const first = usual.answers[0];
  stage.show([
    {
      kind: 'note',
      tone: 'good',
      text: `${usual.answers.length} requests answered; the first: ${first?.id} ${JSON.stringify(first?.predictions[0])}`,
    },
    byHand(`trestle monitor drift ${MODEL}`),
  ]);
  const before = await perform(stage, monitorDrift, { deployment: MODEL });

  announce(
    stage,
    'Upstream changes its form',
    `${late.length} more records; from now on speeds come in km/h, and sizes as S, M, L. Nobody told the model.`,
  );
  const lateRows = late.map((strike) => shifted(asRow(strike)));
  const changed = await send(late, lateRows, 'sending shifted traffic');
  await perform(stage, monitorDrift, { deployment: MODEL });
  const alert = await waitForAlert(stage);
  stage.show([
    { kind: 'note', tone: 'bad', text: `The scheduled check raised ${alert.alert}: ${alert.summary}` },
    byHand(`trestle monitor alerts ${MODEL}`),
  ]);
  const last = changed.answers.at(-1);
  const lastRow = lateRows.at(-1);
  if (!last || !lastRow) {
    throw demoError('NO_TRAFFIC', { kind: 'failed', message: 'There are no later records to send.' });
  }
  return {
    requests: usual.answers.length + changed.answers.length,
    rows: early.length + late.length,
    shiftedRows: late.length,
    prediction: last.id,
    lastRow,
    driftBefore: before.drifted,
    alert: { id: alert.alert, summary: alert.summary },
    labels: [...usual.labels, ...changed.labels],
  };
}

const LABELS_PER_REQUEST = 500;

/** What really happened becomes known later: each label names the prediction that it belongs to. */
export async function sendLabels(stage: Stage, url: string, labels: readonly Label[]): Promise<void> {
  for (let start = 0; start < labels.length; start += LABELS_PER_REQUEST) {
    stage.signal.throwIfAborted();
    await post(`${url}/v1/feedback/${MODEL}`, { labels: labels.slice(start, start + LABELS_PER_REQUEST) });
  }
}
