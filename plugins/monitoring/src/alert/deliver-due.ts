import { setTimeout as pause } from 'node:timers/promises';
import type { Alert } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { type Metadata, metadataToken } from '@trestle/store';
import { monitoringConfig } from '../rules/monitoring-config.ts';
import { type Channel, channelsOf } from './channels.ts';
import { beginAttempt, type DeliveryRow, dueDeliveries, endAttempt, laneOf } from './deliveries.ts';

/** While somebody is slow to answer, it is looked whether others are to be told. */
const LOOK_MS = 500;
/** Calls to one channel at a time: an incident that it refuses keeps those of others from nothing. */
const MAX_CALLS = 4;

/**
 * Tells channels what they have not been told of, until there is nothing to be tried now: at least once, and in order for a channel and an
 * incident, so that what comes behind one that fails waits for it. A channel that fails or is slow keeps no other from being told.
 *
 * One process does it at a time: who calls it holds a lease, without which nothing of it is recorded.
 */
export async function deliverDue(ctx: Context): Promise<void> {
  const metadata = await ctx.service(metadataToken);
  const channels = new Map(channelsOf(ctx).map((channel) => [channel.name, channel]));
  const running = new Map<string, { readonly channel: string; readonly done: Promise<void> }>();
  const callsTo = (name: string): number =>
    [...running.values()].filter(({ channel }) => channel === name).length;
  const calls = (): Promise<void>[] => [...running.values()].map(({ done }) => done);
  try {
    while (!ctx.signal.aborted) {
      for (const row of await dueDeliveries(metadata)) {
        const lane = laneOf(row);
        if (running.has(lane) || callsTo(row.channel) >= MAX_CALLS) continue;
        const done = tell(ctx, metadata, row, channels.get(row.channel))
          .catch((cause: unknown) => {
            const facts = { channel: row.channel, alert: row.alert, cause: String(cause) };
            ctx.log.warn('what became of telling of an alert could not be recorded', facts);
          })
          .finally(() => running.delete(lane));
        running.set(lane, { channel: row.channel, done });
      }
      if (running.size === 0) return;
      await Promise.race([...calls(), pause(LOOK_MS)]);
    }
  } finally {
    // The lease goes with the end of this: nobody else may begin what is still under way here.
    await Promise.all(calls());
  }
}

/** Makes one attempt, if it is still to be made. */
async function tell(
  ctx: Context,
  metadata: Metadata,
  row: DeliveryRow,
  channel: Channel | undefined,
): Promise<void> {
  const { firstRetry, lastRetry, giveUpAfter, timeout } = ctx.config(monitoringConfig).delivery;
  const nextInMs = Math.min(lastRetry, firstRetry * 2 ** row.attempts);
  const alert = await beginAttempt(ctx, metadata, row, nextInMs);
  if (!alert) return;
  const error = await failureOf(ctx, channel, alert, timeout);
  // It was told to stop, and did not fail: the attempt counts, and is made again by who goes on.
  if (error !== undefined && ctx.signal.aborted) return;
  if (error !== undefined) {
    const facts = { channel: row.channel, alert: row.alert, cause: error };
    ctx.log.warn('a channel could not be told of an alert', facts);
  }
  const end = error === undefined ? {} : { error };
  await endAttempt(ctx, metadata, row, { ...end, nextInMs, giveUpAfterMs: giveUpAfter });
}

/** Why a channel could not be told; undefined where it was. */
async function failureOf(
  ctx: Context,
  channel: Channel | undefined,
  alert: Alert,
  timeoutMs: number,
): Promise<string | undefined> {
  if (!channel) return 'there is no such channel any more';
  const ended = new AbortController();
  const late = new Promise<never>((_, reject) => {
    ended.signal.addEventListener('abort', () => reject(ended.signal.reason), { once: true });
  });
  const timer = setTimeout(
    () => ended.abort(new Error(`it did not answer within ${timeoutMs / 1_000} s`)),
    timeoutMs,
  );
  const stop = (): void => ended.abort(new Error('the process is stopping'));
  if (ctx.signal.aborted) stop();
  ctx.signal.addEventListener('abort', stop, { once: true });
  try {
    await Promise.race([channel.send(ctx, alert, ended.signal), late]);
    return undefined;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  } finally {
    clearTimeout(timer);
    ctx.signal.removeEventListener('abort', stop);
  }
}
