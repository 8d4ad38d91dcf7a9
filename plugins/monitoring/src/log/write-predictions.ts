import type { LoggedPrediction } from '@trestle/contracts';
import type { Metadata } from '@trestle/store';
import type { MonitoringTables } from '../tables.ts';

/** Rows of one INSERT: SQLite takes at most 32,766 parameters. */
const ROWS_PER_INSERT = 100;

/** Writes entries and counts them, in one transaction. Writing an entry twice is writing it once. */
export async function writePredictions(
  metadata: Metadata,
  entries: readonly LoggedPrediction[],
): Promise<void> {
  const records = entries.map((entry) => ({
    id: entry.id,
    deployment: entry.deployment,
    revision: entry.revision,
    model: entry.model.name,
    version: entry.model.version,
    time: entry.time,
    latency_ms: entry.latencyMs,
    row_count: entry.rows.length,
    inputs: JSON.stringify(entry.rows),
    outputs: JSON.stringify(entry.predictions),
  }));
  const imputed = new Map(entries.map((entry) => [entry.id, entry.predictions.filter(isImputed).length]));
  await metadata.write<MonitoringTables, void>(async (db) => {
    for (let start = 0; start < records.length; start += ROWS_PER_INSERT) {
      await db
        .insertInto('monitoring_predictions')
        .values(records.slice(start, start + ROWS_PER_INSERT))
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    }
    for (const count of trafficOf(records, imputed)) {
      await db
        .insertInto('monitoring_traffic')
        .values(count)
        .onConflict((conflict) =>
          conflict.columns(['deployment', 'model', 'version']).doUpdateSet((eb) => ({
            requests: eb('monitoring_traffic.requests', '+', count.requests),
            row_count: eb('monitoring_traffic.row_count', '+', count.row_count),
            latency_ms: eb('monitoring_traffic.latency_ms', '+', count.latency_ms),
            imputed_rows: eb('monitoring_traffic.imputed_rows', '+', count.imputed_rows),
          })),
        )
        .execute();
    }
  });
}

type Traffic = MonitoringTables['monitoring_traffic'];

/** A row of which a feature was missing that never was in training. */
const isImputed = ({ imputed }: Readonly<Record<string, unknown>>): boolean =>
  Array.isArray(imputed) && imputed.length > 0;

function trafficOf(
  records: readonly MonitoringTables['monitoring_predictions'][],
  imputed: ReadonlyMap<string, number>,
): Iterable<Traffic> {
  const counts = new Map<string, Traffic>();
  for (const { id, deployment, model, version, row_count, latency_ms } of records) {
    const key = `${deployment}/${model}@${version}`;
    const sofar = counts.get(key);
    counts.set(key, {
      deployment,
      model,
      version,
      requests: (sofar?.requests ?? 0) + 1,
      row_count: (sofar?.row_count ?? 0) + row_count,
      latency_ms: (sofar?.latency_ms ?? 0) + latency_ms,
      labels: 0,
      label_changes: 0,
      imputed_rows: (sofar?.imputed_rows ?? 0) + (imputed.get(id) ?? 0),
    });
  }
  return counts.values();
}
