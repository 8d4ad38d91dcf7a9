import { setTimeout as pause } from 'node:timers/promises';
import { type Alert, alertSchema, notificationLost } from '@trestle/contracts';
import type { Actor, Context } from '@trestle/kernel';
import { type Change, fits, type Metadata, metadataToken } from '@trestle/store';
import { sql } from 'kysely';
import { enter, incidentRow } from '../incident/incident-records.ts';
import { monitoringConfig } from '../rules/monitoring-config.ts';
import type { MonitoringTables } from '../tables.ts';
import { type Channel, channelsOf } from './channels.ts';
import type { Delivery } from './delivery.ts';

// No jobs of the queue: those have no order among each other and no time before which they are not begun, and three attempts.

type Within = Change<MonitoringTables>;
export type DeliveryRow = MonitoringTables['monitoring_deliveries'];

const LONGEST_PAUSE_MS = 5_000;

/** An event of an alert that somebody may have to be told of. */
export interface Told {
  readonly seq: number;
  readonly type: string;
  readonly time: string;
  readonly payload: Alert;
}

/**
 * Notes, for each channel, that it has to be told of an event: the same event twice is noted once. What cannot be written is tried until
 * it can, as long as a delivery would be: who hands the events over would pass it over after seconds.
 */
export async function queueDeliveries(ctx: Context, event: Told): Promise<void> {
  const { giveUpAfter } = ctx.config(monitoringConfig).delivery;
  const until = Date.now() + giveUpAfter;
  for (let waitMs = 100; ; waitMs = Math.min(LONGEST_PAUSE_MS, 2 * waitMs)) {
    try {
      return await note(ctx, channelsOf(ctx), event);
    } catch (cause) {
      if (ctx.signal.aborted || Date.now() > until) throw cause;
      const facts = { alert: event.payload.alert, cause: String(cause) };
      ctx.log.warn('who is to be told of an alert could not be noted yet', facts);
      await pause(waitMs, undefined, { signal: ctx.signal });
    }
  }
}

async function note(ctx: Context, channels: readonly Channel[], event: Told): Promise<void> {
  const { seq, type, time, payload } = event;
  const says = payload.state === 'resolved' ? 'resolved' : 'fired';
  const metadata = await ctx.service(metadataToken);
  await metadata.change<MonitoringTables, void>(ctx, async ({ db }) => {
    const known = await db
      .selectFrom('monitoring_deliveries')
      .select('channel')
      .where('alert', '=', payload.alert)
      .where('says', '=', 'fired')
      .execute();
    const hasFiring = new Set(known.map(({ channel }) => channel));
    const rows = channels
      .filter(({ name, wants }) => {
        if (says === 'resolved') return hasFiring.has(name) || wants(payload);
        // What grew is told to whom it did not matter enough before.
        return wants(payload) && !(type === 'alert.grew' && hasFiring.has(name));
      })
      .map(
        ({ name }): DeliveryRow => ({
          ...{ channel: name, seq, time, says, alert: payload.alert, payload: JSON.stringify(payload) },
          ...{ incident: payload.incident ?? null, attempts: 0, next_at: time },
          ...{ error: null, outcome: null, ended_at: null },
        }),
      );
    if (rows.length === 0) return;
    await db
      .insertInto('monitoring_deliveries')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['channel', 'seq']).doNothing())
      .execute();
  });
}

/** Deliveries in order: those of an incident to a channel. */
export const laneOf = ({ channel, incident, alert }: DeliveryRow): string =>
  JSON.stringify([channel, incident ?? alert]);

/** The first delivery of each lane that waits, where it may be tried now; the store's clock says when that is. */
export async function dueDeliveries(metadata: Metadata): Promise<DeliveryRow[]> {
  const lane = (table: string) =>
    sql<string>`coalesce(${sql.ref(`${table}.incident`)}, ${sql.ref(`${table}.alert`)})`;
  const rows = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_deliveries as one')
    .selectAll('one')
    .where('one.outcome', 'is', null)
    .where('one.next_at', '<=', metadata.clock.iso)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('monitoring_deliveries as before')
            .select('before.seq')
            .where('before.outcome', 'is', null)
            .whereRef('before.channel', '=', 'one.channel')
            .whereRef('before.seq', '<', 'one.seq')
            .where(lane('before'), '=', lane('one')),
        ),
      ),
    )
    .orderBy('one.seq')
    .execute();
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
}

/**
 * Begins an attempt, in one change with the look whether it is still to be made: a silence or an acknowledgement that was there before is not
 * overlooked. The attempt is counted before it is made, so that one that ends the process is not made again without a pause.
 *
 * @returns the alert to tell of; undefined where there is nothing to be told any more
 */
export async function beginAttempt(
  actor: Actor,
  metadata: Metadata,
  row: DeliveryRow,
  nextInMs: number,
): Promise<Alert | undefined> {
  const read = fits(alertSchema, parsed(row.payload));
  return await metadata.change<MonitoringTables, Alert | undefined>(actor, async (change) => {
    const now = await nowIn(change, metadata);
    if (!read.value) {
      await lose(change, actor, row, now, `its record cannot be read: ${read.unreadable}`);
      return undefined;
    }
    const moot = await mootBy(change, row);
    if (moot !== undefined) {
      await set(change, row, { outcome: 'moot', error: moot, ended_at: iso(now) });
      return undefined;
    }
    const error = 'there is no answer yet';
    await set(change, row, { attempts: row.attempts + 1, next_at: iso(now + nextInMs), error });
    return read.value;
  });
}

/** Ends an attempt: told, to be tried again, or given up. */
export async function endAttempt(
  actor: Actor,
  metadata: Metadata,
  row: DeliveryRow,
  end: { readonly error?: string; readonly nextInMs: number; readonly giveUpAfterMs: number },
): Promise<void> {
  const { error, nextInMs, giveUpAfterMs } = end;
  await metadata.change<MonitoringTables, void>(actor, async (change) => {
    const now = await nowIn(change, metadata);
    if (error === undefined) await set(change, row, { outcome: 'told', error: null, ended_at: iso(now) });
    // A server that stood still for a day does not give up at its first attempt.
    else if (now - Date.parse(row.time) > giveUpAfterMs && row.attempts + 1 >= LEAST_ATTEMPTS)
      await lose(change, actor, { ...row, attempts: row.attempts + 1 }, now, error);
    else await set(change, row, { next_at: iso(now + nextInMs), error });
  });
}

const LEAST_ATTEMPTS = 3;
const iso = (ms: number): string => new Date(ms).toISOString();

async function nowIn({ db }: Within, { clock }: Metadata): Promise<number> {
  return Number((await db.selectNoFrom(clock.ms.as('now')).executeTakeFirstOrThrow()).now);
}

async function set({ db }: Within, row: DeliveryRow, to: Partial<DeliveryRow>): Promise<void> {
  await db
    .updateTable('monitoring_deliveries')
    .set(to)
    .where('channel', '=', row.channel)
    .where('seq', '=', row.seq)
    .execute();
}

/** Gives a delivery up, and records that. */
async function lose(
  change: Within,
  actor: Actor,
  row: DeliveryRow,
  now: number,
  error: string,
): Promise<void> {
  const { channel, alert, attempts, time: since, incident, says } = row;
  await set(change, row, { outcome: 'given-up', error, ended_at: iso(now) });
  await change.record(notificationLost, `alert:${alert}`, { channel, alert, since, attempts, error });
  if (incident === null || !(await incidentRow(change.db, incident))) return;
  const what = `"${channel}" was not told that ${alert} ${says === 'fired' ? 'fired' : 'was resolved'}`;
  await enter(change, actor, incident, 'not-told', `${what}: ${attempts} attempts; ${error}.`);
}

/** Why there is nothing to be told any more; undefined where there is. */
async function mootBy({ db }: Within, row: DeliveryRow): Promise<string | undefined> {
  if (row.says === 'resolved') {
    const firing = await db
      .selectFrom('monitoring_deliveries')
      .select(['outcome', 'attempts'])
      .where('channel', '=', row.channel)
      .where('alert', '=', row.alert)
      .where('says', '=', 'fired')
      .executeTakeFirst();
    // What was tried may have been heard, whatever became of the answer: whoever may wait for the end is told of it.
    return firing?.outcome === 'moot' && firing.attempts === 0 ? 'that it fired was not told' : undefined;
  }
  const until = row.incident === null ? null : (await incidentRow(db, row.incident))?.silenced_until;
  // Of a silence it counts whether it held at any time since: what is told late is not told because it ended meanwhile.
  if (until && Date.parse(until) > Date.parse(row.time)) return `${row.incident} is silenced until ${until}`;
  const alert = await db
    .selectFrom('monitoring_alerts')
    .select('acknowledged_by')
    .where('id', '=', row.alert)
    .executeTakeFirst();
  return alert?.acknowledged_by ? `${alert.acknowledged_by} acknowledged it` : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Who was told of alerts, is to be, or could not be: the oldest first. */
export async function listDeliveries(metadata: Metadata, alerts: readonly string[]): Promise<Delivery[]> {
  if (alerts.length === 0) return [];
  const rows = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_deliveries')
    .selectAll()
    .where('alert', 'in', alerts)
    .orderBy('seq')
    .orderBy('channel')
    .execute();
  return rows.map((row) => ({
    ...{ alert: row.alert, channel: row.channel, says: row.says, state: row.outcome ?? 'waiting' },
    ...{ since: row.time, attempts: row.attempts },
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.outcome === null ? { nextAt: row.next_at } : {}),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
  }));
}

/** Forgets what ended long ago, unless its alert is still open: its end is told to those who were told that it began. */
export async function pruneDeliveries(ctx: Context, before: Date): Promise<void> {
  await (await ctx.service(metadataToken)).change<MonitoringTables, void>(ctx, async ({ db }) => {
    await db
      .deleteFrom('monitoring_deliveries')
      .where('ended_at', '<', before.toISOString())
      .where('alert', 'not in', (eb) =>
        eb.selectFrom('monitoring_alerts').select('id').where('open_key', 'is not', null),
      )
      .execute();
  });
}
