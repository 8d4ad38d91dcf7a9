import { randomBytes } from 'node:crypto';
import { type Alert, alertAcknowledged, alertFired, alertGrew, alertResolved } from '@trestle/contracts';
import type { Actor } from '@trestle/kernel';
import type { Change, Metadata } from '@trestle/store';
import { type AlertRow, alertOf } from '../incident/alert-rows.ts';
import { type Finding, openKeyOf } from '../incident/finding.ts';
import {
  growIncident,
  incidentRow,
  joinIncident,
  leaveIncident,
  markSeen,
} from '../incident/incident-records.ts';
import { isWorse, worst } from '../incident/severity.ts';
import type { MonitoringTables } from '../tables.ts';
import type { Watched } from '../watched.ts';

type Within = Change<MonitoringTables>;

/** What became of the alerts of a deployment by what a check found. */
export interface Settled {
  readonly fired: Alert[];
  readonly resolved: Alert[];
}

/**
 * Lets the alerts of a deployment say what a check found, in one change: a bad finding opens an alert (there is one of a kind, and of a
 * feature) or lets the open one grow, a good one ends it. Nothing is written where nothing changes.
 */
export async function settleFindings(
  metadata: Metadata,
  actor: Actor,
  deployment: Watched,
  findings: readonly Finding[],
): Promise<Settled> {
  const open = await openAlerts(metadata.query<MonitoringTables>(), deployment.deployment);
  const changing = findings.filter((finding) => {
    const row = open.get(openKeyOf(deployment.deployment, finding));
    return finding.verdict === 'bad' ? !row || hasGrown(row, finding) : finding.verdict === 'good' && row;
  });
  if (changing.length === 0) return { fired: [], resolved: [] };
  return await metadata.change<MonitoringTables, Settled>(actor, async (change) => {
    // Another process may have been at it since.
    const now = await openAlerts(change.db, deployment.deployment);
    const settled: Settled = { fired: [], resolved: [] };
    for (const finding of changing) {
      const row = now.get(openKeyOf(deployment.deployment, finding));
      if (finding.verdict === 'good') {
        if (row) settled.resolved.push(await resolve(change, actor, row, finding.summary));
      } else if (!row) settled.fired.push(await fire(change, actor, deployment, finding));
      else if (hasGrown(row, finding)) await grow(change, actor, row, finding);
    }
    return settled;
  });
}

async function openAlerts(db: Pick<Within['db'], 'selectFrom'>, deployment: string) {
  const rows = await db
    .selectFrom('monitoring_alerts')
    .selectAll()
    .where('deployment', '=', deployment)
    .where('open_key', 'is not', null)
    .execute();
  return new Map(rows.map((row) => [row.open_key, row]));
}

/** Whether a finding says more than its alert: other features, a worse severity, or what has no incident yet. */
function hasGrown(row: AlertRow, { features, severity }: Finding): boolean {
  const alert = alertOf(row);
  return (
    row.incident === null ||
    isWorse(severity, alert.severity) ||
    features.some(({ name }) => !alert.features.includes(name))
  );
}

async function fire(change: Within, actor: Actor, watched: Watched, finding: Finding): Promise<Alert> {
  const { deployment, revision, model } = watched;
  const row: AlertRow = {
    id: `a-${randomBytes(8).toString('hex')}`,
    open_key: openKeyOf(deployment, finding),
    deployment,
    kind: finding.kind,
    state: 'open',
    model: model.name,
    version: model.version,
    summary: finding.summary,
    details: JSON.stringify(finding.details),
    opened_at: new Date().toISOString(),
    acknowledged_by: null,
    resolved_at: null,
    resolution: null,
    job: null,
    severity: finding.severity,
    features: JSON.stringify(finding.features.map(({ name }) => name)),
    incident: null,
  };
  row.incident = await joinIncident(change, actor, alertOf(row), finding.features);
  await change.db.insertInto('monitoring_alerts').values(row).execute();
  const alert = alertOf(row);
  await change.record(alertFired, `alert:${row.id}`, { ...alert, details: finding.details });
  await change.link({ from: `deployment:${deployment}@${revision}`, to: `alert:${row.id}`, kind: 'alerted' });
  await change.link({ from: `alert:${row.id}`, to: `incident:${row.incident}`, kind: 'grouped' });
  return alert;
}

async function grow(change: Within, actor: Actor, row: AlertRow, finding: Finding): Promise<void> {
  const before = alertOf(row);
  const names = [...new Set([...finding.features.map(({ name }) => name), ...before.features])];
  const grown = {
    summary: finding.summary,
    details: JSON.stringify(finding.details),
    severity: worst([before.severity, finding.severity]),
    features: JSON.stringify(names),
  };
  const alert = alertOf({ ...row, ...grown });
  const of = row.incident === null ? undefined : await incidentRow(change.db, row.incident);
  const incident = of?.id ?? (await joinIncident(change, actor, alert, finding.features));
  if (of) await growIncident(change, actor, of, alert, finding.features, 'grew');
  await change.db
    .updateTable('monitoring_alerts')
    .set({ ...grown, incident })
    .where('id', '=', row.id)
    .execute();
  await change.record(alertGrew, `alert:${row.id}`, { ...alert, incident });
}

async function resolve(change: Within, actor: Actor, row: AlertRow, resolution: string): Promise<Alert> {
  const end = { open_key: null, state: 'resolved', resolved_at: new Date().toISOString(), resolution };
  await change.db.updateTable('monitoring_alerts').set(end).where('id', '=', row.id).execute();
  const alert = alertOf({ ...row, ...end });
  await change.record(alertResolved, `alert:${row.id}`, alert);
  if (row.incident !== null) await leaveIncident(change, actor, row.incident, alert, resolution);
  return alert;
}

/** Ends the open alerts of a deployment or an incident, of some kinds or of all, and records `alert.resolved` of each. */
export async function resolveAlerts(
  metadata: Metadata,
  actor: Actor,
  which: {
    readonly deployment?: string;
    readonly incident?: string;
    readonly kinds?: readonly string[];
  },
  resolution: string,
): Promise<readonly Alert[]> {
  return await metadata.change<MonitoringTables, readonly Alert[]>(actor, async (change) => {
    let select = change.db.selectFrom('monitoring_alerts').selectAll().where('open_key', 'is not', null);
    if (which.deployment !== undefined) select = select.where('deployment', '=', which.deployment);
    if (which.incident !== undefined) select = select.where('incident', '=', which.incident);
    if (which.kinds !== undefined) select = select.where('kind', 'in', which.kinds);
    const ended: Alert[] = [];
    for (const row of await select.orderBy('opened_at').execute())
      ended.push(await resolve(change, actor, row, resolution));
    return ended;
  });
}

/**
 * Marks an open alert as seen by a person, and its incident with it once all of its alerts are; undefined when there is no such alert.
 */
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
    const alert = await see(change, actor, row);
    if (row.incident === null) return alert;
    const unseen = await openOf(change, row.incident);
    if (unseen.length === 0) await markSeen(change, actor, row.incident);
    return alert;
  });
}

/** Marks the open alerts of an incident, and the incident, as seen by a person. */
export async function acknowledgeIncident(
  change: Within,
  actor: Actor,
  incident: string,
  note: string | undefined,
): Promise<void> {
  for (const row of await openOf(change, incident)) await see(change, actor, row);
  await markSeen(change, actor, incident, note);
}

const openOf = async ({ db }: Within, incident: string): Promise<AlertRow[]> =>
  await db
    .selectFrom('monitoring_alerts')
    .selectAll()
    .where('incident', '=', incident)
    .where('state', '=', 'open')
    .execute();

async function see(change: Within, actor: Actor, row: AlertRow): Promise<Alert> {
  const seen = { state: 'acknowledged', acknowledged_by: actor.principal.id };
  await change.db.updateTable('monitoring_alerts').set(seen).where('id', '=', row.id).execute();
  const alert = alertOf({ ...row, ...seen });
  await change.record(alertAcknowledged, `alert:${row.id}`, alert);
  return alert;
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
  return rows.map(alertOf);
}
