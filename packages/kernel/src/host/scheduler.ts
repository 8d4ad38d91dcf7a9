import { leasesToken } from '../job/job-store.ts';
import type { Plugin, Schedule } from '../plugin/plugin.ts';
import { pluginError } from '../plugin/plugin-error.ts';
import { contextFor, type Invoker } from './invoke.ts';
import { pause } from './pause.ts';
import { whileLeased } from './while-leased.ts';

const MIN_LEASE_MS = 1_000;
/** Of the time to the next turn: other processes find the lease taken until then, and free when its holder is gone. */
const LEASE_SHARE = 0.9;

/**
 * Makes ready a plugin's scheduled work: its handler is loaded, so that a broken one shows before anything runs.
 *
 * @returns does the work until the signal aborts; of several processes one does each turn
 */
export async function openSchedule(
  invoker: Invoker,
  plugin: Plugin,
  schedule: Schedule,
  holder: string,
): Promise<(signal: AbortSignal) => Promise<void>> {
  const name = `${plugin.name}/${schedule.name}`;
  const leases = await invoker.services.get(leasesToken);
  const work = await schedule.load();
  const msToNext = await timetable(plugin, schedule);

  const turn = async (signal: AbortSignal): Promise<void> => {
    const ttlMs = Math.max(MIN_LEASE_MS, (msToNext() ?? 0) * LEASE_SHARE);
    const hold = await leases.acquire(`schedule:${name}`, holder, ttlMs);
    if (!hold) return;
    const operation = { id: `schedule ${name}`, access: 'system:run' };
    await whileLeased(leases, { hold, holder, ttlMs }, signal, (until) =>
      work(contextFor(invoker, operation, { signal: until, lease: hold })),
    );
  };

  return async (signal) => {
    for (let waitMs = msToNext(); waitMs !== undefined && !signal.aborted; waitMs = msToNext()) {
      await pause(waitMs, signal);
      if (signal.aborted) break;
      await turn(signal).catch((cause: unknown) => {
        if (signal.aborted) return;
        invoker.scope.log.warn('scheduled work failed', { schedule: name, cause: String(cause) });
      });
    }
    // The lease is not given back: the turn that it stands for is done.
  };
}

/** Milliseconds to the next turn; undefined when there is none any more. @throws TRS_PLUGIN_INVALID */
async function timetable(plugin: Plugin, { name, every }: Schedule): Promise<() => number | undefined> {
  if (typeof every === 'number') return () => every;
  // Loaded where it is needed: a command does no scheduled work.
  const { Cron } = await import('croner');
  try {
    const cron = new Cron(every, { paused: true });
    return () => cron.msToNext() ?? undefined;
  } catch (cause) {
    throw pluginError('INVALID', {
      kind: 'invalid',
      message: `Plugin "${plugin.name}": schedule "${name}" cannot be used: "${every}" is not a cron line.`,
      hint: 'Correct the plugin, or remove it from the configuration.',
      details: { plugin: plugin.name },
      cause,
    });
  }
}
