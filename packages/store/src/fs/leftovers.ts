import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const DAY_MS = 24 * 60 * 60 * 1000;

const host = (): string => hostname().replaceAll(/[^A-Za-z0-9-]/g, '-');

/** A name for a temporary file that says whose it is: `host~pid~random`. */
export const temporaryName = (): string => `${host()}~${process.pid}~${randomUUID()}`;

/**
 * Removes what processes that no longer run have left in a folder. A process of another machine cannot be asked (the
 * folder may be shared, and containers count their processes from 1), so what is of others goes when it is a day old.
 */
export async function removeLeftovers(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const path = join(dir, name);
    const [owner, pid] = name.split('~');
    const isOurs = owner === host() && pid !== undefined;
    const isDead = isOurs ? !isRunning(Number(pid)) : await isOld(path);
    if (isDead) await rm(path, { recursive: true, force: true });
  }
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > DAY_MS;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // EPERM: it runs, as somebody else.
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
}
