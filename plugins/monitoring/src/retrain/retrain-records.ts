import type { Metadata } from '@trestle/store';
import type { MonitoringTables } from '../tables.ts';
import { type RetrainProgress, retrainProgressSchema } from './retrain-result.ts';

/** Begins a retraining, or finds how far an earlier attempt came. */
export async function beginRetrain(
  metadata: Metadata,
  retrain: { readonly id: string; readonly deployment: string; readonly alert: string | undefined },
): Promise<RetrainProgress> {
  return await metadata.write<MonitoringTables, RetrainProgress>(async (db) => {
    const row = await db
      .selectFrom('monitoring_retrains')
      .select('progress')
      .where('id', '=', retrain.id)
      .executeTakeFirst();
    if (row) return retrainProgressSchema.parse(JSON.parse(row.progress));
    await db
      .insertInto('monitoring_retrains')
      .values({
        id: retrain.id,
        deployment: retrain.deployment,
        alert: retrain.alert ?? null,
        started_at: new Date().toISOString(),
        finished_at: null,
        progress: '{}',
      })
      .execute();
    return {};
  });
}

export async function keepProgress(metadata: Metadata, id: string, progress: RetrainProgress): Promise<void> {
  await metadata.write<MonitoringTables, void>(async (db) => {
    await db
      .updateTable('monitoring_retrains')
      .set({
        progress: JSON.stringify(progress),
        finished_at: progress.result ? new Date().toISOString() : null,
      })
      .where('id', '=', id)
      .execute();
  });
}

/** The latest finished retraining of a deployment. */
export async function latestRetrain(
  metadata: Metadata,
  deployment: string,
): Promise<RetrainProgress | undefined> {
  const row = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_retrains')
    .select('progress')
    .where('deployment', '=', deployment)
    .where('finished_at', 'is not', null)
    .orderBy('finished_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && retrainProgressSchema.parse(JSON.parse(row.progress));
}
