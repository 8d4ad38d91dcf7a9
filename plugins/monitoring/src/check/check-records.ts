import { randomBytes } from 'node:crypto';
import { type Metadata, readStored } from '@trestle/store';
import { type DriftReport, driftReportSchema } from '../drift/drift-report.ts';
import { type PerformanceReport, performanceReportSchema } from '../performance/performance-report.ts';
import type { MonitoringTables } from '../tables.ts';

/** How much traffic and how many labels a deployment has had. */
export interface Seen {
  readonly requests: number;
  readonly rows: number;
  /** New and changed labels. */
  readonly labels: number;
  /** Rows of which a feature was missing that never was in training. */
  readonly imputed: number;
}

export interface PastCheck {
  readonly time: string;
  readonly model: { readonly name: string; readonly version: number };
  readonly seenRows: number;
  readonly seenLabels: number;
  /** What it found; undefined when its record cannot be read. */
  readonly found: { readonly drift: DriftReport; readonly performance: PerformanceReport } | undefined;
  /** Why its record cannot be read. */
  readonly unreadable: string | undefined;
}

export async function seenBy(metadata: Metadata, deployment: string): Promise<Seen> {
  const sums = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_traffic')
    .select((eb) => [
      eb.fn.sum<number | null>('requests').as('requests'),
      eb.fn.sum<number | null>('row_count').as('rows'),
      eb.fn.sum<number | null>('imputed_rows').as('imputed'),
      eb.fn.sum<number | null>('labels').as('labels'),
      eb.fn.sum<number | null>('label_changes').as('changes'),
    ])
    .where('deployment', '=', deployment)
    .executeTakeFirst();
  return {
    requests: Number(sums?.requests ?? 0),
    rows: Number(sums?.rows ?? 0),
    imputed: Number(sums?.imputed ?? 0),
    labels: Number(sums?.labels ?? 0) + Number(sums?.changes ?? 0),
  };
}

/** Checks kept per deployment: enough to draw how the statistics went. */
const KEPT_CHECKS = 500;

export async function keepCheck(
  metadata: Metadata,
  check: { readonly seen: Seen; readonly drift: DriftReport; readonly performance: PerformanceReport },
): Promise<void> {
  const { deployment, model, checkedAt } = check.drift;
  await metadata.write<MonitoringTables, void>(async (db) => {
    await db
      .insertInto('monitoring_checks')
      .values({
        id: `c-${randomBytes(8).toString('hex')}`,
        deployment,
        model: model.name,
        version: model.version,
        time: checkedAt,
        seen_rows: check.seen.rows,
        seen_labels: check.seen.labels,
        drift: JSON.stringify(check.drift),
        performance: JSON.stringify(check.performance),
      })
      .execute();
    const oldest = await db
      .selectFrom('monitoring_checks')
      .select('time')
      .where('deployment', '=', deployment)
      .orderBy('time', 'desc')
      .offset(KEPT_CHECKS)
      .limit(1)
      .executeTakeFirst();
    if (!oldest) return;
    await db
      .deleteFrom('monitoring_checks')
      .where('deployment', '=', deployment)
      .where('time', '<=', oldest.time)
      .execute();
  });
}

export async function latestCheck(metadata: Metadata, deployment: string): Promise<PastCheck | undefined> {
  const row = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_checks')
    .selectAll()
    .where('deployment', '=', deployment)
    .orderBy('time', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row) return undefined;
  const drift = readStored(driftReportSchema, row.drift);
  const performance = readStored(performanceReportSchema, row.performance);
  return {
    time: row.time,
    model: { name: row.model, version: row.version },
    seenRows: row.seen_rows,
    seenLabels: row.seen_labels,
    found:
      drift.value && performance.value ? { drift: drift.value, performance: performance.value } : undefined,
    unreadable: drift.unreadable ?? performance.unreadable,
  };
}
