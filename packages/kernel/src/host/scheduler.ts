import { leasesToken } from '../job/job-store.ts';
import type { Plugin, Schedule } from '../plugin/plugin.ts';
import { contextFor, type Invoker } from './invoke.ts';
import { pause } from './job-runner.ts';

/** The lease outlives one turn by this much, so that two processes do not do the same turn. */
const MIN_LEASE_MS = 1_000;

/** Does a plugin's scheduled work until the signal aborts; of several processes one does each turn. */
export async function runSchedule(
  invoker: Invoker,
  plugin: Plugin,
  schedule: Schedule,
  holder: string,
  signal: AbortSignal,
): Promise<void> {
  const name = `${plugin.name}/${schedule.name}`;
  const leases = await invoker.services.get(leasesToken);
  const work = await schedule.load();
  const cron = typeof schedule.every === 'string' ? await cronOf(schedule.every) : undefined;
  while (!signal.aborted) {
    const waitMs = cron ? (cron.msToNext() ?? 60_000) : Number(schedule.every);
    await pause(waitMs, signal);
    if (signal.aborted) break;
    try {
      if (!(await leases.acquire(`schedule:${name}`, holder, Math.max(MIN_LEASE_MS, waitMs / 2)))) continue;
      await work(contextFor(invoker, { id: `schedule ${name}`, access: 'system:run' }, { signal }));
    } catch (cause) {
      if (!signal.aborted)
        invoker.scope.log.warn('scheduled work failed', { schedule: name, cause: String(cause) });
    }
  }
  await leases.release(`schedule:${name}`, holder).catch(() => {});
}

async function cronOf(pattern: string) {
  const { Cron } = await import('croner');
  return new Cron(pattern, { paused: true });
}
