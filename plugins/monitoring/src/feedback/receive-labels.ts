import { feedbackReceived } from '@trestle/contracts';
import type { Actor, Scope } from '@trestle/kernel';
import { type Change, metadataToken } from '@trestle/store';
import { bufferedLogToken } from '../log/buffered-log-token.ts';
import { monitoringConfig } from '../rules/monitoring-config.ts';
import type { MonitoringTables } from '../tables.ts';
import { checkLabels } from './check-labels.ts';
import type { FeedbackResult, LabelEntry } from './feedback-schemas.ts';
import { IDS_PER_QUERY, predictionsOf } from './logged-predictions.ts';

/**
 * Keeps labels, late or not, in one transaction. The same labels again change nothing; a different label for the same
 * row replaces the earlier one and is counted; what belongs to no logged row is reported back.
 *
 * @throws TRS_MONITOR_LABEL_UNKNOWN
 */
export async function receiveLabels(
  scope: Scope,
  actor: Actor,
  deployment: string,
  labels: readonly LabelEntry[],
): Promise<FeedbackResult> {
  // A label may follow its prediction at once, while that still waits to be written.
  await (await scope.service(bufferedLogToken)).flush();
  await checkLabels(scope, deployment, labels);
  const metadata = await scope.service(metadataToken);
  const { monitors } = scope.config(monitoringConfig);
  // Within one request too, the last label of a row wins.
  const byRow = new Map(labels.map((entry) => [keyOf(entry.id, entry.row), entry]));
  return await metadata.change<MonitoringTables, FeedbackResult>(actor, async (change) => {
    const known = await predictionsOf(change.db, deployment, [...new Set(labels.map((entry) => entry.id))]);
    const before = await labelsOf(change, deployment, [...known.keys()]);
    const unmatched: FeedbackResult['unmatched'] = [];
    const counts = new Map<string, { model: string; version: number; added: number; changed: number }>();
    const isMonitor = deployment in monitors;
    const time = new Date().toISOString();
    const added: LabelRow[] = [];
    const early: LabelEntry[] = [];
    let matched = 0;
    for (const entry of byRow.values()) {
      const prediction = known.get(entry.id);
      if (!prediction && isMonitor) {
        early.push(entry);
        continue;
      }
      if (!prediction || entry.row >= prediction.row_count) {
        unmatched.push({
          id: entry.id,
          row: entry.row,
          reason: prediction ? 'no-such-row' : 'unknown-id',
        });
        continue;
      }
      matched += 1;
      const label = JSON.stringify(entry.label);
      const former = before.get(keyOf(entry.id, entry.row));
      if (former === label) continue;
      const row = { prediction: entry.id, row: entry.row, deployment, label, time, changes: 0 };
      const outcome = former === undefined ? 'added' : 'changed';
      if (former === undefined) added.push(row);
      else await changeLabel(change, row);
      const key = `${prediction.model}@${prediction.version}`;
      const count = counts.get(key) ?? { ...prediction, added: 0, changed: 0 };
      count[outcome] += 1;
      counts.set(key, count);
    }
    for (let start = 0; start < added.length; start += ROWS_PER_INSERT)
      await change.db
        .insertInto('monitoring_labels')
        .values(added.slice(start, start + ROWS_PER_INSERT))
        .execute();
    await keepEarly(change, deployment, early, time);
    for (const count of counts.values()) await addToTraffic(change, deployment, count);
    const changed = [...counts.values()].reduce((total, count) => total + count.changed, 0);
    if (added.length + changed > 0) {
      await change.record(feedbackReceived, `deployment:${deployment}`, {
        deployment,
        added: added.length,
        changed,
        unmatched: unmatched.length,
      });
    }
    return {
      deployment,
      received: labels.length,
      matched,
      changed,
      ...(isMonitor ? { early: early.length } : {}),
      unmatched,
    };
  });
}

/** SQLite takes at most 32,766 parameters. */
const ROWS_PER_INSERT = 1_000;

const keyOf = (id: string, row: number): string => `${row}/${id}`;

type Labels = Change<MonitoringTables>;
async function labelsOf(
  change: Labels,
  deployment: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const labels = new Map<string, string>();
  for (let start = 0; start < ids.length; start += IDS_PER_QUERY) {
    const rows = await change.db
      .selectFrom('monitoring_labels')
      .select(['prediction', 'row', 'label'])
      .where('deployment', '=', deployment)
      .where('prediction', 'in', ids.slice(start, start + IDS_PER_QUERY))
      .execute();
    for (const row of rows) labels.set(keyOf(row.prediction, row.row), row.label);
  }
  return labels;
}

type LabelRow = MonitoringTables['monitoring_labels'];

const changeLabel = (
  change: Labels,
  { deployment, prediction, row, label, time }: LabelRow,
): Promise<unknown> =>
  change.db
    .updateTable('monitoring_labels')
    .set((eb) => ({ label, time, changes: eb('changes', '+', 1) }))
    .where('deployment', '=', deployment)
    .where('prediction', '=', prediction)
    .where('row', '=', row)
    .execute();

/** Labels of what runs elsewhere may come before its predictions do: they wait for them. The last one of a row wins. */
async function keepEarly(
  change: Labels,
  deployment: string,
  entries: readonly LabelEntry[],
  time: string,
): Promise<void> {
  for (let start = 0; start < entries.length; start += ROWS_PER_INSERT) {
    await change.db
      .insertInto('monitoring_early_labels')
      .values(
        entries.slice(start, start + ROWS_PER_INSERT).map(({ id, row, label }) => ({
          deployment,
          prediction: id,
          row,
          label: JSON.stringify(label),
          time,
        })),
      )
      .onConflict((conflict) =>
        conflict
          .columns(['deployment', 'prediction', 'row'])
          .doUpdateSet((eb) => ({ label: eb.ref('excluded.label'), time })),
      )
      .execute();
  }
}

async function addToTraffic(
  change: Labels,
  deployment: string,
  count: {
    readonly model: string;
    readonly version: number;
    readonly added: number;
    readonly changed: number;
  },
): Promise<void> {
  await change.db
    .updateTable('monitoring_traffic')
    .set((eb) => ({
      labels: eb('labels', '+', count.added),
      label_changes: eb('label_changes', '+', count.changed),
    }))
    .where('deployment', '=', deployment)
    .where('model', '=', count.model)
    .where('version', '=', count.version)
    .execute();
}
