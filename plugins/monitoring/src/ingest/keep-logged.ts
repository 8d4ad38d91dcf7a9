import type { LoggedPrediction } from '@trestle/contracts';
import type { Actor, Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { receiveLabels } from '../feedback/receive-labels.ts';
import { predictionWriter } from '../log/write-predictions.ts';
import { modelFactsToken } from '../model-facts.ts';
import { monitorError } from '../monitor-error.ts';
import type { MonitoringTables } from '../tables.ts';
import { isElsewhere, type Watched } from '../watched.ts';
import type { IngestResult } from './ingest-result.ts';
import { type LoggedEntry, outputOf } from './read-logged.ts';
import { refuseUnwatched, watchedFeatures } from './watched-features.ts';

/** A clock that goes wrong by no more than this is put up with. */
const CLOCK_AHEAD_MS = 300_000;
const IDS_PER_QUERY = 1_000;

/**
 * Keeps predictions that were made elsewhere, all or none; an id that is there already stays as it is and is counted. Labels that came
 * before them find them now.
 *
 * @throws TRS_MONITOR_LOG_INVALID, TRS_MONITOR_LOG_FEATURES, TRS_MONITOR_LOG_CLOCK where a time lies ahead
 */
export async function keepLogged(
  scope: Scope,
  actor: Actor,
  watched: Watched,
  entries: readonly LoggedEntry[],
): Promise<IngestResult> {
  const facts = await (await scope.service(modelFactsToken)).of(watched.model);
  const now = Date.now();
  const watchedNames = await watchedFeatures(scope, watched);
  const records = entries.map((entry, place) => {
    const where = `prediction ${place} (${entry.id})`;
    refuseUnwatched(Object.keys(entry.features), watchedNames, where);
    return recordOf(facts, watched, entry, where, now);
  });
  return await keepRecords(scope, actor, watched, records);
}

/** A prediction in the form of the log. @throws TRS_MONITOR_LOG_INVALID, TRS_MONITOR_LOG_CLOCK */
export function recordOf(
  facts: Parameters<typeof outputOf>[0],
  watched: Watched,
  entry: LoggedEntry,
  where: string,
  now: number,
): LoggedPrediction {
  const time = entry.time === undefined ? now : Date.parse(entry.time);
  refuseAhead(time, now, where);
  const output = outputOf(facts, entry.prediction, where);
  return {
    id: entry.id,
    deployment: watched.deployment,
    revision: watched.revision,
    model: watched.model,
    time: new Date(time).toISOString(),
    latencyMs: entry.latency_ms ?? 0,
    count: 1,
    inputs: JSON.stringify([entry.features]),
    outputs: JSON.stringify([
      entry.model_version === undefined ? output : { ...output, model_version: String(entry.model_version) },
    ]),
    imputed: 0,
  };
}

/** @throws TRS_MONITOR_LOG_CLOCK where a time lies further ahead than clocks differ */
export function refuseAhead(time: number, now: number, where: string): void {
  if (time <= now + CLOCK_AHEAD_MS) return;
  const [said, here] = [time, now].map((each) => new Date(each).toISOString());
  throw monitorError('LOG_CLOCK', {
    kind: 'invalid',
    message: `The predictions cannot be kept: ${where}: its time, ${said}, lies ahead of this clock (${here}).`,
    hint: 'Send times in UTC, or with their offset. Nothing of this request was kept.',
  });
}

/** Keeps predictions in the form of the log. */
export async function keepRecords(
  scope: Scope,
  actor: Actor,
  watched: Watched,
  records: readonly LoggedPrediction[],
): Promise<IngestResult> {
  const added = await predictionWriter(await scope.service(metadataToken))(records);
  const ids = isElsewhere(watched) ? records.map(({ id }) => id) : [];
  return {
    deployment: watched.deployment,
    rows: records.reduce((sum, { count }) => sum + count, 0),
    added,
    duplicates: records.length - added,
    labelled: await earlyLabels(scope, actor, watched, ids),
  };
}

/** Labels that were here before their predictions. */
async function earlyLabels(
  scope: Scope,
  actor: Actor,
  { deployment }: Watched,
  ids: readonly string[],
): Promise<number> {
  const metadata = await scope.service(metadataToken);
  const db = metadata.query<MonitoringTables>();
  const any = await db
    .selectFrom('monitoring_early_labels')
    .select('prediction')
    .where('deployment', '=', deployment)
    .limit(1)
    .executeTakeFirst();
  if (!any) return 0;
  let labelled = 0;
  for (let start = 0; start < ids.length; start += IDS_PER_QUERY) {
    const rows = await db
      .selectFrom('monitoring_early_labels')
      .select(['prediction', 'row', 'label'])
      .where('deployment', '=', deployment)
      .where('prediction', 'in', ids.slice(start, start + IDS_PER_QUERY))
      .execute();
    if (rows.length === 0) continue;
    const labels = rows.map(({ prediction, row, label }) => ({ id: prediction, row, label: labelOf(label) }));
    labelled += (await receiveLabels(scope, actor, deployment, labels)).matched;
    await metadata.write<MonitoringTables, void>(async (transaction) => {
      await transaction
        .deleteFrom('monitoring_early_labels')
        .where('deployment', '=', deployment)
        .where(
          'prediction',
          'in',
          rows.map(({ prediction }) => prediction),
        )
        .execute();
    });
  }
  return labelled;
}

function labelOf(json: string): string | number | boolean {
  const label: unknown = JSON.parse(json);
  return typeof label === 'number' || typeof label === 'boolean' ? label : String(label);
}
