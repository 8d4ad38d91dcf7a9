import { randomBytes } from 'node:crypto';
import {
  type Alert,
  type Incident,
  type IncidentDetails,
  incidentAcknowledged,
  incidentGrew,
  incidentOpened,
  incidentReopened,
  incidentResolved,
  incidentSchema,
  incidentSilenced,
} from '@trestle/contracts';
import type { Actor } from '@trestle/kernel';
import { type Change, fits, type Metadata } from '@trestle/store';
import type { z } from 'zod';
import type { MonitoringTables } from '../tables.ts';
import { alertOf } from './alert-rows.ts';
import type { WeighedFeature } from './finding.ts';
import { isOfOneCause } from './of-one-cause.ts';
import { worst } from './severity.ts';

type IncidentRow = MonitoringTables['monitoring_incidents'];
type Within = Change<MonitoringTables>;

/** What comes again so soon after its end is the same incident, not another one. */
const REOPENS_WITHIN_MS = 3_600_000;

const headSchema = incidentSchema.omit({ alerts: true });
type Head = z.infer<typeof headSchema>;

/** @throws an error of zod for a record that cannot be read */
const headOf = (row: IncidentRow): Head => headSchema.parse(partsOf(row));

/** An incident whose record cannot be read is shown as such: it must not hide the others. */
function readable(row: IncidentRow): Head {
  const read = fits(headSchema, partsOf(row));
  if (read.value) return read.value;
  return {
    incident: row.id,
    deployment: row.deployment,
    model: { name: row.model, version: row.version },
    state: row.resolved_at === null ? 'open' : 'resolved',
    severity: 'warning',
    title: `The record of this incident cannot be read: ${read.unreadable}. It says: ${row.title}`,
    features: [],
    kinds: [],
    openedAt: row.opened_at,
    changedAt: row.changed_at,
  };
}

function partsOf(row: IncidentRow) {
  return {
    incident: row.id,
    deployment: row.deployment,
    model: { name: row.model, version: row.version },
    state: row.state,
    severity: row.severity,
    title: row.title,
    features: listOf(row.features),
    kinds: listOf(row.kinds),
    openedAt: row.opened_at,
    changedAt: row.changed_at,
    ...(row.acknowledged_by === null ? {} : { acknowledgedBy: row.acknowledged_by }),
    ...(row.acknowledged_at === null ? {} : { acknowledgedAt: row.acknowledged_at }),
    ...(row.silenced_until === null ? {} : { silencedUntil: row.silenced_until }),
    ...(row.resolved_at === null ? {} : { resolvedAt: row.resolved_at }),
    ...(row.resolution === null ? {} : { resolution: row.resolution }),
  };
}

/** What is no JSON stays a text, which the schema names. */
function listOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The oldest incident of the deployment that is open, or ended just now, and of the alert's cause. */
async function incidentFor(
  { db }: Within,
  alert: Pick<Alert, 'deployment' | 'kind' | 'features'>,
  now: number,
): Promise<IncidentRow | undefined> {
  const rows = await db
    .selectFrom('monitoring_incidents')
    .selectAll()
    .where('deployment', '=', alert.deployment)
    .where((where) =>
      where.or([
        where('resolved_at', 'is', null),
        where('resolved_at', '>=', new Date(now - REOPENS_WITHIN_MS).toISOString()),
      ]),
    )
    .orderBy('opened_at')
    .orderBy('id')
    .execute();
  const fitting = rows.filter((row) => {
    const { value } = fits(headSchema, partsOf(row));
    if (!value) return false;
    return isOfOneCause(alert, { kinds: value.kinds, features: value.features.map(({ name }) => name) });
  });
  return fitting.find((row) => row.resolved_at === null) ?? fitting.at(-1);
}

/**
 * Puts an alert into the incident of its cause, or opens one, within the change that raises the alert.
 *
 * @param features of the alert, the most important first
 * @returns the id of the incident
 */
export async function joinIncident(
  change: Within,
  actor: Actor,
  alert: Alert,
  features: readonly WeighedFeature[],
): Promise<string> {
  const now = Date.now();
  const time = new Date(now).toISOString();
  const found = await incidentFor(change, alert, now);
  if (found) {
    await growIncident(
      change,
      actor,
      found,
      alert,
      features,
      found.resolved_at === null ? 'joined' : 'reopened',
    );
    return found.id;
  }
  const row: IncidentRow = {
    id: `i-${randomBytes(8).toString('hex')}`,
    deployment: alert.deployment,
    model: alert.model.name,
    version: alert.model.version,
    state: 'open',
    severity: alert.severity,
    title: alert.summary,
    features: JSON.stringify(features),
    kinds: JSON.stringify([alert.kind]),
    opened_at: time,
    changed_at: time,
    acknowledged_by: null,
    acknowledged_at: null,
    silenced_until: null,
    resolved_at: null,
    resolution: null,
  };
  await change.db.insertInto('monitoring_incidents').values(row).execute();
  await enter(change, actor, row.id, 'opened', `${alert.kind}: ${alert.summary}`);
  await change.record(incidentOpened, `incident:${row.id}`, headOf(row));
  return row.id;
}

/** Lets an incident tell what an alert of it tells now: more features, a worse severity; and opens one again that had ended. */
export async function growIncident(
  change: Within,
  actor: Actor,
  row: IncidentRow,
  alert: Pick<Alert, 'kind' | 'severity' | 'summary'>,
  features: readonly WeighedFeature[],
  how: 'joined' | 'reopened' | 'grew',
): Promise<void> {
  const head = headOf(row);
  const known = new Set(head.features.map(({ name }) => name));
  const all = [...head.features, ...features.filter(({ name }) => !known.has(name))].toSorted(
    (a, b) => (b.importance ?? 0) - (a.importance ?? 0),
  );
  const isAgain = how === 'reopened';
  const grown = {
    features: JSON.stringify(all),
    kinds: JSON.stringify([...new Set([...head.kinds, alert.kind])]),
    // What is over no longer counts.
    severity: isAgain ? alert.severity : worst([head.severity, alert.severity]),
    changed_at: new Date().toISOString(),
    ...(isAgain
      ? { state: 'open', resolved_at: null, resolution: null, acknowledged_at: null, acknowledged_by: null }
      : {}),
  };
  await change.db.updateTable('monitoring_incidents').set(grown).where('id', '=', row.id).execute();
  await enter(change, actor, row.id, how, `${alert.kind}: ${alert.summary}`);
  const kind = isAgain ? incidentReopened : incidentGrew;
  await change.record(kind, `incident:${row.id}`, headOf({ ...row, ...grown }));
}

/** Notes that an alert is over, and ends its incident with the last of them. */
export async function leaveIncident(
  change: Within,
  actor: Actor,
  incident: string,
  alert: Pick<Alert, 'kind' | 'alert'>,
  resolution: string,
): Promise<void> {
  await enter(change, actor, incident, 'alert-resolved', `${alert.kind}: ${resolution}`);
  const left = await change.db
    .selectFrom('monitoring_alerts')
    .select('id')
    .where('incident', '=', incident)
    .where('open_key', 'is not', null)
    .executeTakeFirst();
  if (!left) await endIncident(change, actor, incident, resolution);
}

/** Ends an incident that has no open alert any more. */
export async function endIncident(
  change: Within,
  actor: Actor,
  incident: string,
  resolution: string,
): Promise<void> {
  // A silence outlives it: what flaps within it is not told of.
  const end = { state: 'resolved', resolved_at: new Date().toISOString(), resolution };
  await update(change, actor, incident, end, ['resolved', resolution], incidentResolved);
}

/** Marks an open incident as seen by a person. */
export async function markSeen(change: Within, actor: Actor, incident: string, note?: string): Promise<void> {
  const seen = {
    state: 'acknowledged',
    acknowledged_by: actor.principal.id,
    acknowledged_at: new Date().toISOString(),
  };
  const text = note ?? `${actor.principal.id} looks after it.`;
  await update(change, actor, incident, seen, ['acknowledged', text], incidentAcknowledged);
}

/** Tells nobody of an incident until a time; now ends a silence. */
export async function silenceUntil(
  change: Within,
  actor: Actor,
  incident: string,
  until: string | null,
  text: string,
): Promise<void> {
  await update(change, actor, incident, { silenced_until: until }, ['silenced', text], incidentSilenced);
}

type Told = typeof incidentAcknowledged | typeof incidentSilenced | typeof incidentResolved;

async function update(
  change: Within,
  actor: Actor,
  id: string,
  set: Partial<IncidentRow>,
  [what, text]: readonly [what: string, text: string],
  kind: Told,
): Promise<void> {
  const row = await incidentRow(change.db, id);
  if (!row) return;
  const changed = { ...set, changed_at: new Date().toISOString() };
  await change.db.updateTable('monitoring_incidents').set(changed).where('id', '=', id).execute();
  await enter(change, actor, id, what, text);
  await change.record(kind, `incident:${id}`, readable({ ...row, ...changed }));
}

/** Adds an entry to the history of an incident. */
export async function enter(
  { db }: Within,
  actor: Actor,
  incident: string,
  what: string,
  text: string,
): Promise<void> {
  const last = await db
    .selectFrom('monitoring_incident_history')
    .select((select) => select.fn.max<number | null>('seq').as('seq'))
    .where('incident', '=', incident)
    .executeTakeFirst();
  const entry = { incident, seq: Number(last?.seq ?? 0) + 1, what, text };
  await db
    .insertInto('monitoring_incident_history')
    .values({ ...entry, time: new Date().toISOString(), actor: actor.principal.id })
    .execute();
}

export const incidentRow = async (
  db: Pick<Within['db'], 'selectFrom'>,
  id: string,
): Promise<IncidentRow | undefined> =>
  await db.selectFrom('monitoring_incidents').selectAll().where('id', '=', id).executeTakeFirst();

/** Newest first. */
export async function listIncidents(
  metadata: Metadata,
  query: {
    readonly deployment?: string | undefined;
    readonly state: 'open' | 'resolved' | 'all';
    readonly limit: number;
  },
): Promise<Incident[]> {
  let select = metadata.query<MonitoringTables>().selectFrom('monitoring_incidents').selectAll();
  if (query.deployment !== undefined) select = select.where('deployment', '=', query.deployment);
  if (query.state === 'open') select = select.where('resolved_at', 'is', null);
  if (query.state === 'resolved') select = select.where('resolved_at', 'is not', null);
  const rows = await select.orderBy('opened_at', 'desc').orderBy('id').limit(query.limit).execute();
  const alerts = await alertsOf(
    metadata,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({ ...readable(row), alerts: alerts.get(row.id) ?? [] }));
}

/** An incident with its alerts and history; undefined where there is none of that id. */
export async function readIncident(metadata: Metadata, id: string): Promise<IncidentDetails | undefined> {
  const db = metadata.query<MonitoringTables>();
  const row = await db.selectFrom('monitoring_incidents').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const history = await db
    .selectFrom('monitoring_incident_history')
    .select(['time', 'actor', 'what', 'text'])
    .where('incident', '=', id)
    .orderBy('seq')
    .execute();
  return { ...readable(row), alerts: (await alertsOf(metadata, [id])).get(id) ?? [], history };
}

/** The alerts of incidents, the oldest first. */
async function alertsOf(metadata: Metadata, ids: readonly string[]): Promise<ReadonlyMap<string, Alert[]>> {
  const found = new Map<string, Alert[]>();
  if (ids.length === 0) return found;
  const rows = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_alerts')
    .selectAll()
    .where('incident', 'in', ids)
    .orderBy('opened_at')
    .orderBy('id')
    .execute();
  for (const row of rows)
    found.set(row.incident ?? '', [...(found.get(row.incident ?? '') ?? []), alertOf(row)]);
  return found;
}
