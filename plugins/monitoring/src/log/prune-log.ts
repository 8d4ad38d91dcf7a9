import type { Metadata } from '@trestle/store';
import type { MonitoringTables } from '../tables.ts';

/** Requests deleted in one transaction, so that writers of live traffic do not wait long. */
const CHUNK = 500;

/**
 * Deletes predictions (and their labels) that are too old or too many, oldest first, and what waited for so long for another part that never
 * came. Returns how many requests went.
 */
export async function pruneLog(
  metadata: Metadata,
  limits: { readonly keepMs: number; readonly maxRequests: number; readonly now: Date },
): Promise<number> {
  const oldest = new Date(limits.now.getTime() - limits.keepMs).toISOString();
  await metadata.write<MonitoringTables, void>(async (transaction) => {
    for (const waiting of ['monitoring_halves', 'monitoring_early_labels'] as const)
      await transaction.deleteFrom(waiting).where('time', '<', oldest).execute();
    await transaction.deleteFrom('monitoring_failures').where('minute', '<', oldest).execute();
  });
  const db = metadata.query<MonitoringTables>();
  const { total } = await db
    .selectFrom('monitoring_predictions')
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  let excess = Number(total) - limits.maxRequests;
  let deleted = 0;
  for (;;) {
    const doomed = await db
      .selectFrom('monitoring_predictions')
      .select(['deployment', 'id', 'time'])
      .orderBy('time')
      .limit(CHUNK)
      .execute();
    const going = doomed.filter((row, k) => row.time < oldest || k < excess);
    if (going.length === 0) return deleted;
    await metadata.write<MonitoringTables, void>(async (transaction) => {
      for (const deployment of new Set(going.map((row) => row.deployment))) {
        const ids = going.filter((row) => row.deployment === deployment).map((row) => row.id);
        await transaction
          .deleteFrom('monitoring_labels')
          .where('deployment', '=', deployment)
          .where('prediction', 'in', ids)
          .execute();
        await transaction
          .deleteFrom('monitoring_predictions')
          .where('deployment', '=', deployment)
          .where('id', 'in', ids)
          .execute();
      }
    });
    deleted += going.length;
    excess -= going.length;
  }
}
