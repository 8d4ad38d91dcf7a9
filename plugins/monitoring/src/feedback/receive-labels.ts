import { feedbackReceived } from '@trestle/contracts';
import type { Actor, Scope } from '@trestle/kernel';
import { type Change, metadataToken } from '@trestle/store';
import { bufferedLogToken } from '../log/buffered-log-token.ts';
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
  // Within one request too, the last label of a row wins.
  const byRow = new Map(labels.map((entry) => [keyOf(entry.id, entry.row), entry]));
  return await metadata.change<MonitoringTables, FeedbackResult>(actor, async (change) => {
    const known = await predictionsOf(change.db, deployment, [...new Set(labels.map((entry) => entry.id))]);
    const before = await labelsOf(change, [...known.keys()]);
    const unmatched: FeedbackResult['unmatched'] = [];
    const counts = new Map<string, { model: string; version: number; added: number; changed: number }>();
    let matched = 0;
    for (const entry of byRow.values()) {
      const prediction = known.get(entry.id);
      if (!prediction || entry.row >= prediction.row_count) {
        unmatched.push({
          id: entry.id,
          row: entry.row,
          reason: prediction ? 'no-such-row' : 'unknown-id',
        });
        continue;
      }
      matched += 1;
      const outcome = await keepLabel(change, deployment, entry, before.get(keyOf(entry.id, entry.row)));
      if (outcome === 'same') continue;
      const key = `${prediction.model}@${prediction.version}`;
      const count = counts.get(key) ?? { ...prediction, added: 0, changed: 0 };
      count[outcome] += 1;
      counts.set(key, count);
    }
    for (const count of counts.values()) await addToTraffic(change, deployment, count);
    const changed = [...counts.values()].reduce((total, count) => total + count.changed, 0);
    const added = [...counts.values()].reduce((total, count) => total + count.added, 0);
    if (added + changed > 0) {
      await change.record(feedbackReceived, `deployment:${deployment}`, {
        deployment,
        added,
        changed,
        unmatched: unmatched.length,
      });
    }
    return { deployment, received: labels.length, matched, changed, unmatched };
  });
}

const keyOf = (id: string, row: number): string => `${row}/${id}`;

type Labels = Change<MonitoringTables>;
async function labelsOf(change: Labels, ids: readonly string[]): Promise<Map<string, string>> {
  const labels = new Map<string, string>();
  for (let start = 0; start < ids.length; start += IDS_PER_QUERY) {
    const rows = await change.db
      .selectFrom('monitoring_labels')
      .select(['prediction', 'row', 'label'])
      .where('prediction', 'in', ids.slice(start, start + IDS_PER_QUERY))
      .execute();
    for (const row of rows) labels.set(keyOf(row.prediction, row.row), row.label);
  }
  return labels;
}

async function keepLabel(
  change: Labels,
  deployment: string,
  entry: LabelEntry,
  before: string | undefined,
): Promise<'added' | 'changed' | 'same'> {
  const label = JSON.stringify(entry.label);
  if (before === label) return 'same';
  const time = new Date().toISOString();
  if (before === undefined) {
    await change.db
      .insertInto('monitoring_labels')
      .values({ prediction: entry.id, row: entry.row, deployment, label, time, changes: 0 })
      .execute();
    return 'added';
  }
  await change.db
    .updateTable('monitoring_labels')
    .set((eb) => ({ label, time, changes: eb('changes', '+', 1) }))
    .where('prediction', '=', entry.id)
    .where('row', '=', entry.row)
    .execute();
  return 'changed';
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
