import { journalToken, type LogEvent } from '../event/journal.ts';
import { leasesToken } from '../job/job-store.ts';
import type { Plugin, Subscriber } from '../plugin/plugin.ts';
import { contextFor, type Invoker } from './invoke.ts';
import { pause } from './job-runner.ts';

const POLL_MS = 300;
const LEASE_MS = 15_000;
const BATCH = 200;
const MAX_TRIES = 5;

const matches = (types: readonly string[], type: string): boolean =>
  types.some((pattern) => (pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern));

/**
 * Hands committed events to one subscriber, in order and at least once: its place in the log is kept across restarts, and
 * one process at a time does it. An event that fails again and again is logged and passed over, so that it cannot block
 * the ones behind it.
 */
export async function dispatch(
  invoker: Invoker,
  plugin: Plugin,
  subscriber: Subscriber,
  holder: string,
  signal: AbortSignal,
): Promise<void> {
  const name = `${plugin.name}/${subscriber.name}`;
  const journal = await invoker.services.get(journalToken);
  const leases = await invoker.services.get(leasesToken);
  const handle = await subscriber.load();
  const context = () => contextFor(invoker, { id: `subscriber ${name}`, access: 'system:react' }, { signal });

  const deliver = async (event: LogEvent): Promise<void> => {
    for (let tries = 1; tries <= MAX_TRIES && !signal.aborted; tries++) {
      try {
        return await handle(context(), event);
      } catch (cause) {
        invoker.scope.log.warn('a subscriber failed', {
          subscriber: name,
          event: event.seq,
          tries,
          cause: String(cause),
        });
        await pause(2 ** tries * 50, signal);
      }
    }
  };

  while (!signal.aborted) {
    const delivered = await deliverNext().catch((cause: unknown) => {
      invoker.scope.log.warn('events could not be read', { subscriber: name, cause: String(cause) });
      return false;
    });
    if (!delivered) await pause(POLL_MS, signal);
  }
  await leases.release(`subscriber:${name}`, holder).catch(() => {});

  async function deliverNext(): Promise<boolean> {
    if (!(await leases.acquire(`subscriber:${name}`, holder, LEASE_MS))) return false;
    const cursor = await journal.cursor(name);
    const events = await journal.read({ after: cursor, limit: BATCH });
    for (const event of events) {
      if (signal.aborted) return true;
      if (!matches(subscriber.types, event.type)) continue;
      await leases.acquire(`subscriber:${name}`, holder, LEASE_MS);
      await deliver(event);
      if (signal.aborted) return true;
      await journal.setCursor(name, event.seq);
    }
    const last = events.at(-1);
    if (last && !signal.aborted) await journal.setCursor(name, last.seq);
    return events.length === BATCH;
  }
}
