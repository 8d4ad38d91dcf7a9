import { spawnSync } from 'node:child_process';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import process from 'node:process';

/** What a reader of a result must know of the machine that it was measured on. */
export interface Machine {
  readonly date: string;
  readonly commit: string | null;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** The load average of the last minute, before the first measurement: far above 0, and the numbers mean little. */
  readonly loadBefore: number;
  readonly [fact: string]: string | number | null;
}

export function describeMachine(facts: Readonly<Record<string, string>>): Machine {
  const [first] = cpus();
  return {
    date: new Date().toISOString(),
    commit: commitOf(import.meta.dirname),
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    ...facts,
  };
}

/** The commit, with a `+` when files differ from it; null where there is no git or no repository. */
function commitOf(folder: string): string | null {
  const described = spawnSync('git', ['describe', '--always', '--dirty=+', '--exclude=*'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return described.status === 0 ? described.stdout.trim() : null;
}
