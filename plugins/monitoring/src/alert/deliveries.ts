import { type Alert, alertSchema, notificationLost } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { fits, type Metadata, metadataToken } from '@trestle/store';
import { incidentRow } from '../incident/incident-records.ts';
import type { MonitoringTables } from '../tables.ts';
import { type Channel, channelsOf } from './channels.ts';

/** What an alert became is told of for so long; then it is given up, and recorded as lost. */
const GIVE_UP_MS = 24 * 3_600_000;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 15 * 60_000;
/** A channel that does not end within this is taken for one that failed. */
const TIMEOUT_MS = 30_000;
/** For so long nobody else tries what one process is trying. */
const CLAIM_MS = 2 * TIMEOUT_MS;

type Row = MonitoringTables['monitoring_deliveries'];

/** Something that could not be told yet, or at all. */
export interface Undelivered {
  readonly channel: string;
  readonly alert: string;
  readonly state: 'fired' | 'resolved';
  readonly since: string;
  readonly attempts: number;
  readonly error: string;
  readonly nextAt?: string;
  readonly givenUpAt?: string;
}

/** Notes, for each channel, that it has to be told of an event. The same event twice is noted once. */
export async function queueDeliveries(
  ctx: Context,
  { seq, time, payload }: { readonly seq: number; readonly time: string; readonly payload: Alert },
): Promise<void> {
  const metadata = await ctx.service(metadataToken);
  const rows = channelsOf(ctx).map(
    ({ name }): Row => ({
      ...{ channel: name, seq, time, alert: payload.alert, payload: JSON.stringify(payload) },
      ...{ attempts: 0, next_at: time, error: null, given_up_at: null },
    }),
  );
  if (rows.length === 0) return;
  await metadata.change<MonitoringTables, void>(ctx, async ({ db }) => {
    await db
      .insertInto('monitoring_deliveries')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['channel', 'seq']).doNothing())
      .execute();
  });
}

/**
 * Tells each channel what it has not been told of, the oldest first: at least once, and in order, so that what comes behind one that
 * fails waits for it. A channel that fails keeps no other from being told.
 */
export async function deliverDue(ctx: Context): Promise<void> {
  const metadata = await ctx.service(metadataToken);
  const channels = new Map(channelsOf(ctx).map((channel) => [channel.name, channel]));
  const waiting = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_deliveries')
    .select('channel')
    .where('given_up_at', 'is', null)
    .distinct()
    .execute();
  await Promise.all(
    waiting.map(async ({ channel: name }) => {
      while (!ctx.signal.aborted && (await deliverNext(ctx, metadata, name, channels.get(name))));
    }),
  );
}

/** @returns whether the next one may be told at once */
async function deliverNext(
  ctx: Context,
  metadata: Metadata,
  name: string,
  channel: Channel | undefined,
): Promise<boolean> {
  const row = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_deliveries')
    .selectAll()
    .where('channel', '=', name)
    .where('given_up_at', 'is', null)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  const now = Date.now();
  if (!row || Date.parse(row.next_at) > now) return false;
  if (!(await claim(ctx, metadata, row, now))) return false;
  const read = fits(alertSchema, parsed(row.payload));
  if (!read.value) return await lose(ctx, metadata, row, `its record cannot be read: ${read.unreadable}`);
  if (await isSilenced(metadata, read.value, row.time)) return await forget(ctx, metadata, row);
  try {
    if (!channel) throw new Error('there is no such channel any more');
    await inTime(channel.send(ctx, read.value));
  } catch (cause) {
    const error = cause instanceof Error ? cause.message : String(cause);
    ctx.log.warn('a channel could not be told of an alert', {
      channel: name,
      alert: row.alert,
      cause: error,
    });
    if (now - Date.parse(row.time) > GIVE_UP_MS) return await lose(ctx, metadata, row, error);
    const wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** row.attempts);
    const next_at = new Date(Date.now() + wait).toISOString();
    await set(ctx, metadata, row, { attempts: row.attempts + 1, next_at, error });
    return false;
  }
  return await forget(ctx, metadata, row);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function inTime(sending: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not end within ${TIMEOUT_MS / 1_000} s`)), TIMEOUT_MS);
  });
  try {
    await Promise.race([sending, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Takes a delivery for a while; another process that looked at the same time does not get it. */
async function claim(ctx: Context, metadata: Metadata, row: Row, now: number): Promise<boolean> {
  return await metadata.change<MonitoringTables, boolean>(ctx, async ({ db }) => {
    const taken = await db
      .updateTable('monitoring_deliveries')
      .set({ next_at: new Date(now + CLAIM_MS).toISOString() })
      .where('channel', '=', row.channel)
      .where('seq', '=', row.seq)
      .where('next_at', '=', row.next_at)
      .executeTakeFirst();
    return Number(taken.numUpdatedRows) === 1;
  });
}

async function set(ctx: Context, metadata: Metadata, row: Row, to: Partial<Row>): Promise<void> {
  await metadata.change<MonitoringTables, void>(ctx, async ({ db }) => {
    await db
      .updateTable('monitoring_deliveries')
      .set(to)
      .where('channel', '=', row.channel)
      .where('seq', '=', row.seq)
      .execute();
  });
}

async function forget(ctx: Context, metadata: Metadata, row: Row): Promise<true> {
  await metadata.change<MonitoringTables, void>(ctx, async ({ db }) => {
    await db
      .deleteFrom('monitoring_deliveries')
      .where('channel', '=', row.channel)
      .where('seq', '=', row.seq)
      .execute();
  });
  return true;
}

/** Gives a delivery up, and records that. */
async function lose(ctx: Context, metadata: Metadata, row: Row, error: string): Promise<true> {
  const given_up_at = new Date().toISOString();
  await metadata.change<MonitoringTables, void>(ctx, async (change) => {
    await change.db
      .updateTable('monitoring_deliveries')
      .set({ given_up_at, error, attempts: row.attempts + 1 })
      .where('channel', '=', row.channel)
      .where('seq', '=', row.seq)
      .execute();
    await change.record(notificationLost, `alert:${row.alert}`, {
      ...{ channel: row.channel, alert: row.alert, since: row.time, attempts: row.attempts + 1, error },
    });
  });
  return true;
}

/** Whether an incident was not to be told of when this became of an alert of it: events may be told of long after they happened. */
async function isSilenced(
  metadata: Metadata,
  { incident }: Pick<Alert, 'incident'>,
  time: string,
): Promise<boolean> {
  if (incident === undefined) return false;
  const until = (await incidentRow(metadata.query<MonitoringTables>(), incident))?.silenced_until ?? null;
  return until !== null && Date.parse(until) > Date.parse(time);
}

/** What was tried and failed, the oldest first. */
export async function listUndelivered(metadata: Metadata, alerts: readonly string[]): Promise<Undelivered[]> {
  if (alerts.length === 0) return [];
  const rows = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_deliveries')
    .selectAll()
    .where('alert', 'in', alerts)
    .where('attempts', '>', 0)
    .orderBy('seq')
    .orderBy('channel')
    .execute();
  return rows.map((row) => {
    const { value } = fits(alertSchema, parsed(row.payload));
    return {
      ...{ channel: row.channel, alert: row.alert, since: row.time, attempts: row.attempts },
      state: value?.state === 'resolved' ? 'resolved' : 'fired',
      error: row.error ?? '',
      ...(row.given_up_at === null ? { nextAt: row.next_at } : { givenUpAt: row.given_up_at }),
    };
  });
}

/** Forgets what was given up long ago. */
export async function pruneDeliveries(ctx: Context, before: Date): Promise<void> {
  await (await ctx.service(metadataToken)).change<MonitoringTables, void>(ctx, async ({ db }) => {
    await db.deleteFrom('monitoring_deliveries').where('given_up_at', '<', before.toISOString()).execute();
  });
}
