import { randomBytes } from 'node:crypto';
import { type Alert, alertAcknowledged, alertFired, alertResolved, alertSchema } from '@trestle/contracts';
import type { Actor } from '@trestle/kernel';
import { fits, type Metadata } from '@trestle/store';
import type { MonitoringTables } from '../tables.ts';
import type { Watched } from '../watched.ts';

type AlertRow = MonitoringTables['monitoring_alerts'];

/** An alert whose record cannot be read is shown as such: it must not hide the others. */
function readable(row: AlertRow): Alert {
  const read = fits(alertSchema, partsOf(row));
  if (read.value) return read.value;
  return {
    alert: row.id,
    deployment: row.deployment,
    kind: 'unknown',
    state: row.open_key === null ? 'resolved' : 'open',
    model: { name: row.model, version: row.version },
    summary: `The record of this alert cannot be read: ${read.unreadable}. It says: ${row.summary}`,
    openedAt: row.opened_at,
  };
}

export const alertOf = (row: AlertRow): Alert => alertSchema.parse(partsOf(row));

function partsOf(row: AlertRow) {
  return {
    alert: row.id,
    deployment: row.deployment,
    kind: row.kind,
    state: row.state,
    model: { name: row.model, version: row.version },
    summary: row.summary,
    openedAt: row.opened_at,
    ...(row.acknowledged_by === null ? {} : { acknowledgedBy: row.acknowledged_by }),
    ...(row.resolved_at === null ? {} : { resolvedAt: row.resolved_at }),
    ...(row.resolution === null ? {} : { resolution: row.resolution }),
    ...(row.job === null ? {} : { job: row.job }),
  };
}

/** Opens an alert and records `alert.fired`, unless one of its kind is open already: then that one is returned. */
export async function openAlert(
  metadata: Metadata,
  actor: Actor,
  about: {
    readonly deployment: Watched;
    readonly kind: Alert['kind'];
    readonly summary: string;
    readonly details: Readonly<Record<string, unknown>>;
  },
): Promise<{ readonly alert: Alert; readonly isNew: boolean }> {
  const { deployment, revision, model } = about.deployment;
  const openKey = `${deployment}/${about.kind}`;
  return await metadata.change<MonitoringTables, { alert: Alert; isNew: boolean }>(actor, async (change) => {
    const open = await change.db
      .selectFrom('monitoring_alerts')
      .selectAll()
      .where('open_key', '=', openKey)
      .executeTakeFirst();
    if (open) return { alert: alertOf(open), isNew: false };
    const row: AlertRow = {
      id: `a-${randomBytes(8).toString('hex')}`,
      open_key: openKey,
      deployment,
      kind: about.kind,
      state: 'open',
      model: model.name,
      version: model.version,
      summary: about.summary,
      details: JSON.stringify(about.details),
      opened_at: new Date().toISOString(),
      acknowledged_by: null,
      resolved_at: null,
      resolution: null,
      job: null,
    };
    await change.db.insertInto('monitoring_alerts').values(row).execute();
    const alert = alertOf(row);
    await change.record(alertFired, `alert:${row.id}`, { ...alert, details: about.details });
    await change.link({
      from: `deployment:${deployment}@${revision}`,
      to: `alert:${row.id}`,
      kind: 'alerted',
    });
    return { alert, isNew: true };
  });
}

/** Ends an open or acknowledged alert and records `alert.resolved`; undefined when none is open. */
export async function resolveAlert(
  metadata: Metadata,
  actor: Actor,
  which: { readonly deployment: string; readonly kind: Alert['kind'] },
  resolution: string,
): Promise<Alert | undefined> {
  const openKey = `${which.deployment}/${which.kind}`;
  return await metadata.change<MonitoringTables, Alert | undefined>(actor, async (change) => {
    const row = await change.db
      .selectFrom('monitoring_alerts')
      .selectAll()
      .where('open_key', '=', openKey)
      .executeTakeFirst();
    if (!row) return undefined;
    const end = {
      open_key: null,
      state: 'resolved',
      resolved_at: new Date().toISOString(),
      resolution,
    };
    await change.db.updateTable('monitoring_alerts').set(end).where('id', '=', row.id).execute();
    const alert = alertOf({ ...row, ...end });
    await change.record(alertResolved, `alert:${row.id}`, alert);
    return alert;
  });
}

/** Marks an open alert as seen by a person; undefined when there is no such alert. */
export async function acknowledgeAlert(
  metadata: Metadata,
  actor: Actor,
  id: string,
): Promise<Alert | undefined> {
  return await metadata.change<MonitoringTables, Alert | undefined>(actor, async (change) => {
    const row = await change.db
      .selectFrom('monitoring_alerts')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    if (row?.state !== 'open') return row && alertOf(row);
    const seen = { state: 'acknowledged', acknowledged_by: actor.principal.id };
    await change.db.updateTable('monitoring_alerts').set(seen).where('id', '=', id).execute();
    const alert = alertOf({ ...row, ...seen });
    await change.record(alertAcknowledged, `alert:${id}`, alert);
    return alert;
  });
}

/** Newest first. */
export async function listAlerts(
  metadata: Metadata,
  query: {
    readonly deployment?: string | undefined;
    readonly isOpen?: boolean | undefined;
    readonly limit: number;
  },
): Promise<Alert[]> {
  let select = metadata.query<MonitoringTables>().selectFrom('monitoring_alerts').selectAll();
  if (query.deployment !== undefined) select = select.where('deployment', '=', query.deployment);
  if (query.isOpen === true) select = select.where('open_key', 'is not', null);
  if (query.isOpen === false) select = select.where('open_key', 'is', null);
  const rows = await select.orderBy('opened_at', 'desc').orderBy('id').limit(query.limit).execute();
  return rows.map(readable);
}
