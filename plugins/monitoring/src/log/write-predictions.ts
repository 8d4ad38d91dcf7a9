import type { LoggedPrediction } from '@trestle/contracts';
import type { Metadata } from '@trestle/store';
import type { CompiledQuery, Kysely } from 'kysely';
import type { MonitoringTables } from '../tables.ts';

/** Rows of one INSERT, the largest first. SQLite takes at most 32,766 parameters. */
const SIZES = [100, 10, 1];

/** @returns how many were not there before */
type Write = (entries: readonly LoggedPrediction[]) => Promise<number>;

/**
 * Writes entries and counts them, in one transaction. Writing an entry twice is writing it once. The statements are made once for each
 * of a few sizes: making one costs as much as running it.
 */
export function predictionWriter(metadata: Metadata): Write {
  const statements = new Map<number, CompiledQuery<{ id: string }>>();
  const statement = (
    db: Kysely<MonitoringTables>,
    records: readonly PredictionRecord[],
  ): CompiledQuery<{ id: string }> => {
    const known = statements.get(records.length);
    if (known) return { ...known, parameters: records.flatMap((record) => Object.values(record)) };
    const made = db
      .insertInto('monitoring_predictions')
      .values(records)
      .onConflict((conflict) => conflict.columns(['deployment', 'id']).doNothing())
      .returning('id')
      .compile();
    statements.set(records.length, made);
    return made;
  };
  return async (entries) => {
    const records = entries.map(recordOf);
    return await metadata.write<MonitoringTables, number>(async (db) => {
      const added = new Set<string>();
      for (let start = 0; start < records.length; ) {
        const size = SIZES.find((one) => one <= records.length - start) ?? 1;
        const { rows } = await db.executeQuery(statement(db, records.slice(start, start + size)));
        for (const { id } of rows) added.add(id);
        start += size;
      }
      const isNew = entries.filter(({ id }) => added.has(id));
      for (const count of trafficOf(isNew)) await addTraffic(db, count);
      return added.size;
    });
  };
}

type PredictionRecord = MonitoringTables['monitoring_predictions'];

/** The members are in one order always: a statement that was made before takes them as they come. */
const recordOf = (entry: LoggedPrediction): PredictionRecord => ({
  id: entry.id,
  deployment: entry.deployment,
  revision: entry.revision,
  model: entry.model.name,
  version: entry.model.version,
  time: entry.time,
  latency_ms: entry.latencyMs,
  row_count: entry.count,
  inputs: entry.inputs,
  outputs: entry.outputs,
  rolled: 0,
});

async function addTraffic(db: Kysely<MonitoringTables>, count: Traffic): Promise<void> {
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

type Traffic = MonitoringTables['monitoring_traffic'];

function trafficOf(entries: readonly LoggedPrediction[]): Iterable<Traffic> {
  const counts = new Map<string, Traffic>();
  for (const { deployment, model: asked, count, latencyMs, imputed } of entries) {
    const { name: model, version } = asked;
    const key = `${deployment}/${model}@${version}`;
    const sofar = counts.get(key);
    counts.set(key, {
      deployment,
      model,
      version,
      requests: (sofar?.requests ?? 0) + 1,
      row_count: (sofar?.row_count ?? 0) + count,
      latency_ms: (sofar?.latency_ms ?? 0) + latencyMs,
      labels: 0,
      label_changes: 0,
      imputed_rows: (sofar?.imputed_rows ?? 0) + imputed,
    });
  }
  return counts.values();
}
