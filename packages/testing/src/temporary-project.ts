import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, type HostOptions, openHost, type Plugin } from '@trestle/kernel';
import { storePlugin } from '@trestle/store';

/** A project in a temporary folder, with the embedded store. */
export interface TemporaryProject {
  readonly dir: string;
  /** Opens it again, as another process would: the host before must be closed by the caller or by `remove`. */
  open(plugins?: readonly Plugin[], options?: Partial<HostOptions>): Promise<Host>;
  /** Closes what was opened and removes the folder. */
  remove(): Promise<void>;
}

export async function temporaryProject(): Promise<TemporaryProject> {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-project-'));
  const hosts: Host[] = [];
  return {
    dir,
    async open(plugins = [], options = {}) {
      const host = await openHost({
        projectDir: dir,
        plugins: [storePlugin, ...plugins],
        cwd: dir,
        env: { TRESTLE_STORE__RESERVE_BYTES: '0' },
        ...options,
      });
      hosts.push(host);
      return host;
    },
    async remove() {
      for (const host of hosts) await host.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
