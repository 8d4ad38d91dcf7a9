import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { constants, hostname, setPriority } from 'node:os';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { type Host, jobStoreToken } from '@trestle/kernel';

/** Processes that run a project's jobs, subscribers and schedules, beside the one that answers requests. */
export interface JobProcesses {
  /** Asks each to stop, so that its job goes back to the queue, and ends what does not. */
  close(): Promise<void>;
}

export interface JobProcessOptions {
  /**
   * The arguments with which Node starts one: a worker of the same project that stops on SIGTERM and when its channel
   * closes, and whose name in leases is what comes behind them.
   */
  readonly command: readonly string[];
  readonly count: number;
}

const FIRST_RESTART_MS = 250;
const LONGEST_RESTART_MS = 30_000;
/** One that lived for so long was well: its end is not of its start. */
const SOUND_MS = 60_000;
const STOP_MS = 10_000;

/** Starts them, and starts again what ends by itself: its job is given to the next at once. */
export async function startJobProcesses(host: Host, options: JobProcessOptions): Promise<JobProcesses> {
  const jobs = await host.service(jobStoreToken);
  const closing = new AbortController();
  const running = new Set<ChildProcess>();

  const keep = async (): Promise<void> => {
    for (let restartMs = FIRST_RESTART_MS; !closing.signal.aborted; ) {
      const holder = `${hostname()}:${randomUUID()}`;
      const startedAt = performance.now();
      const child = spawn(process.execPath, [...options.command, holder], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      running.add(child);
      yieldTo(child);
      const [code, signal] = await once(child, 'close').catch((cause: unknown) => [String(cause), null]);
      running.delete(child);
      if (closing.signal.aborted) return;
      host.log.warn('a job process ended, and is started again', { pid: child.pid, code, signal });
      await jobs
        .giveUp(holder)
        .catch((cause: unknown) => host.log.warn('its job waits for its lease', { cause: String(cause) }));
      if (performance.now() - startedAt > SOUND_MS) restartMs = FIRST_RESTART_MS;
      await wait(restartMs, undefined, { signal: closing.signal }).catch(() => {});
      restartMs = Math.min(restartMs * 2, LONGEST_RESTART_MS);
    }
  };
  const kept = Array.from({ length: options.count }, keep);

  return {
    async close() {
      closing.abort();
      for (const child of running) child.kill('SIGTERM');
      const late = setTimeout(() => {
        for (const child of running) child.kill('SIGKILL');
      }, STOP_MS);
      await Promise.allSettled(kept);
      clearTimeout(late);
    },
  };
}

/** Lets requests have the processor first; where that is not allowed, the process is as any other. */
function yieldTo(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    // Before it has threads of its own: they take over what the first one has.
    setPriority(child.pid, constants.priority.PRIORITY_LOW);
  } catch {
    return;
  }
}
