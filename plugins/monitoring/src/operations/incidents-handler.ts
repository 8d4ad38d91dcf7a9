import { type Incident, type IncidentDetails, millisecondsOf } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { type Change, metadataToken } from '@trestle/store';
import { acknowledgeIncident, resolveAlerts } from '../alert/alert-records.ts';
import {
  endIncident,
  incidentRow,
  listIncidents,
  readIncident,
  silenceUntil,
} from '../incident/incident-records.ts';
import { monitorError } from '../monitor-error.ts';
import type { MonitoringTables } from '../tables.ts';
import { watchedOf } from '../watched.ts';

export async function incidents(
  ctx: Context,
  input: {
    readonly deployment?: string | undefined;
    readonly state: 'open' | 'resolved' | 'all';
    readonly limit: number;
  },
): Promise<{ incidents: Incident[] }> {
  // Names an unknown deployment.
  if (input.deployment !== undefined) await watchedOf(ctx, input.deployment);
  return { incidents: await listIncidents(await ctx.service(metadataToken), input) };
}

/** @throws TRS_MONITOR_UNKNOWN_INCIDENT */
export async function showIncident(ctx: Context, { incident: id }: { readonly incident: string }) {
  const found = await readIncident(await ctx.service(metadataToken), id);
  if (found) return found;
  throw unknownIncident(id);
}

/** @throws TRS_MONITOR_UNKNOWN_INCIDENT, TRS_MONITOR_INCIDENT_OVER */
export const ackIncident = async (
  ctx: Context,
  { incident, note }: { readonly incident: string; readonly note?: string | undefined },
): Promise<IncidentDetails> =>
  await changeOpen(ctx, incident, (change) => acknowledgeIncident(change, ctx, incident, note));

/** @throws TRS_MONITOR_UNKNOWN_INCIDENT, TRS_MONITOR_INCIDENT_OVER */
export async function resolveIncident(
  ctx: Context,
  { incident, reason }: { readonly incident: string; readonly reason: string },
): Promise<IncidentDetails> {
  const resolution = `${ctx.principal.id}: ${reason}`;
  await changeOpen(ctx, incident, async () => {});
  const ended = await resolveAlerts(await ctx.service(metadataToken), ctx, { incident }, resolution);
  if (ended.length > 0) return await showIncident(ctx, { incident });
  return await changeOpen(ctx, incident, (change) => endIncident(change, ctx, incident, resolution));
}

/** @throws TRS_MONITOR_UNKNOWN_INCIDENT, TRS_MONITOR_INCIDENT_OVER */
export async function silenceIncident(
  ctx: Context,
  input: { readonly incident: string; readonly for: string; readonly reason?: string | undefined },
): Promise<IncidentDetails> {
  const ms = millisecondsOf(input.for);
  const until = ms === 0 ? null : new Date(Date.now() + ms).toISOString();
  const text = [
    until === null ? 'The silence ends.' : `Nobody is told of it until ${until}.`,
    ...(input.reason === undefined ? [] : [input.reason]),
  ].join(' ');
  return await changeOpen(ctx, input.incident, (change) =>
    silenceUntil(change, ctx, input.incident, until, text),
  );
}

async function changeOpen(
  ctx: Context,
  id: string,
  work: (change: Change<MonitoringTables>) => Promise<void>,
): Promise<IncidentDetails> {
  const metadata = await ctx.service(metadataToken);
  await metadata.change<MonitoringTables, void>(ctx, async (change) => {
    const row = await incidentRow(change.db, id);
    if (!row) throw unknownIncident(id);
    if (row.resolved_at !== null)
      throw monitorError('INCIDENT_OVER', {
        kind: 'conflict',
        message: `The incident ${id} ended at ${row.resolved_at}: ${row.resolution}`,
        hint: `See "trestle incident show ${id}".`,
        details: { incident: id },
      });
    await work(change);
  });
  return await showIncident(ctx, { incident: id });
}

const unknownIncident = (id: string) =>
  monitorError('UNKNOWN_INCIDENT', {
    kind: 'not-found',
    message: `There is no incident "${id}".`,
    hint: 'See "trestle monitor incidents --state all".',
    details: { incident: id },
  });
