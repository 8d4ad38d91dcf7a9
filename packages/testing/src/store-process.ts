import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { invariant } from '@trestle/kernel';
import type { TemporaryProject } from './temporary-project.ts';

const CHILD = fileURLToPath(
  new URL(`./store-child${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** Another process on the store of a project. */
export interface StoreProcess {
  /** What it has said: what it was told is durable. */
  readonly said: readonly unknown[];
  /** Tells it to do something, and does not wait. */
  tell(what: string): void;
  /** Tells it to do something, and waits for what comes of it. */
  ask(what: string): Promise<unknown>;
  /** Waits for it to say so much; fails when it ends before that. */
  heard(lines: number): Promise<void>;
  /** Ends it as a power cut would end the process: no handler runs. */
  kill(): Promise<void>;
}

/** @param skewMs how far its clock is ahead of this one */
export async function storeProcess(
  project: TemporaryProject,
  name: string,
  skewMs = 0,
): Promise<StoreProcess> {
  const child = spawn(process.execPath, [CHILD, project.dir, name, String(skewMs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // What is tested is that nothing is lost, not how long one waits: processes that write without a pause, on a machine that has
    // other work, can keep one of them from the lock for longer than the ten seconds a user is asked to wait.
    env: { ...process.env, TRESTLE_STORE__LOCK_WAIT_MS: '100000', ...project.env },
  });
  const said: unknown[] = [];
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout });
  const hearing = new AbortController();
  lines.on('line', (line) => said.push(JSON.parse(line)));
  child.on('close', () => hearing.abort());
  // Told while it is being killed.
  child.stdin.on('error', () => {});
  const heard = async (count: number): Promise<void> => {
    while (said.length < count) {
      await once(lines, 'line', { signal: hearing.signal }).catch(() => {
        throw new Error(
          `The process "${name}" ended with ${child.exitCode} after ${said.length} of ${count} lines.`,
        );
      });
    }
  };
  const tell = (what: string): void => void child.stdin.write(`${what}\n`);
  await heard(1);
  invariant(said.shift(), 'that the process is ready');
  return {
    said,
    tell,
    async ask(what) {
      const at = said.length;
      tell(what);
      await heard(at + 1);
      return said[at];
    },
    heard,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
