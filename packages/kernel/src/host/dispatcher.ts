import { journalToken, type LogEvent } from '../event/journal.ts';
import { type LeaseHold, leasesToken } from '../job/job-store.ts';
import type { Plugin, Subscriber } from '../plugin/plugin.ts';
import { contextFor, type Invoker } from './invoke.ts';
import { pause } from './pause.ts';
import { whileLeased } from './while-leased.ts';

/** What is not told of by the log: that another process, which was at it, gave up its lease or died. */
const LOOK_MS = 5_000;
const RETRY_MS = 300;
const LEASE_MS = 15_000;
const BATCH = 200;
const MAX_TRIES = 5;
const FIRST_RETRY_MS = 100;

const matches = (types: readonly string[], type: string): boolean =>
  types.some((pattern) => (pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern));

/**
 * Makes ready to hand committed events to one subscriber, in order and at least once: its place in the log is kept across
 * restarts, and one process at a time does it. An event that fails again and again is logged and passed over, so that it
 * cannot block the ones behind it.
 *
 * @returns hands events over until the signal aborts
 */
export async function openDispatch(
  invoker: Invoker,
  plugin: Plugin,
  subscriber: Subscriber,
  holder: string,
): Promise<(signal: AbortSignal) => Promise<void>> {
  const name = `${plugin.name}/${subscriber.name}`;
  const lease = `subscriber:${name}`;
  const journal = await invoker.services.get(journalToken);
  const leases = await invoker.services.get(leasesToken);
  const handle = await subscriber.load();
  const { log } = invoker.scope;

  const deliver = async (event: LogEvent, fence: LeaseHold, signal: AbortSignal): Promise<void> => {
    const facts = { subscriber: name, event: event.seq };
    for (let tries = 1; !signal.aborted; tries++) {
      try {
        const operation = { id: `subscriber ${name}`, access: 'system:react' };
        const context = contextFor(invoker, operation, { signal, lease: fence });
        return await handle(context, event);
      } catch (cause) {
        if (signal.aborted) return;
        log.warn('a subscriber failed', { ...facts, tries, cause: String(cause) });
        if (tries === MAX_TRIES) return log.warn('an event is passed over', facts);
        await pause(FIRST_RETRY_MS * 2 ** (tries - 1), signal);
      }
    }
  };

  /** Hands over what has come since; whether there may be more. */
  const deliverNext = async (signal: AbortSignal): Promise<boolean> => {
    let hold = await leases.acquire(lease, holder, LEASE_MS);
    if (!hold) return false;
    const cursor = await journal.cursor(name);
    const events = await journal.read({ after: cursor, limit: BATCH });
    let place = cursor;
    for (const event of events) {
      if (!matches(subscriber.types, event.type)) continue;
      if (event.unreadable !== undefined) {
        log.warn('an event that cannot be read is passed over', { subscriber: name, event: event.seq });
        continue;
      }
      hold = await leases.acquire(lease, holder, LEASE_MS);
      if (!hold) return false;
      const fence = hold;
      const isGivenUp = await whileLeased(
        leases,
        { hold, holder, ttlMs: LEASE_MS },
        signal,
        async (until) => {
          await deliver(event, fence, until);
          return until.aborted;
        },
      );
      // Given up in the middle: it is delivered again, after the restart or by who has the lease now.
      if (isGivenUp || !(await journal.setCursor(name, event.seq, hold))) return false;
      place = event.seq;
    }
    const last = events.at(-1);
    if (last && last.seq !== place && !(await journal.setCursor(name, last.seq, hold))) return false;
    return events.length === BATCH;
  };

  return async (signal) => {
    let alarm = new AbortController();
    const stopWatching = journal.watch(() => alarm.abort());
    try {
      while (!signal.aborted) {
        // Set before the log is read: what is appended meanwhile is not slept through.
        alarm = new AbortController();
        let restMs = LOOK_MS;
        const isMoreThere = await deliverNext(signal).catch((cause: unknown) => {
          log.warn('events could not be read', { subscriber: name, cause: String(cause) });
          restMs = RETRY_MS;
          return false;
        });
        if (!isMoreThere) await pause(restMs, AbortSignal.any([signal, alarm.signal]));
      }
    } finally {
      stopWatching();
    }
    const hold = await leases.acquire(lease, holder, LEASE_MS).catch(() => undefined);
    if (hold) await leases.release(hold).catch(() => {});
  };
}
