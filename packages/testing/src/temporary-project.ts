import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, type HostOptions, openHost, type Plugin } from '@trestle/kernel';
import { storePlugin } from '@trestle/store';

/** A project in a temporary folder, with the store that its configuration names: the embedded one, where it names none. */
export interface TemporaryProject {
  readonly dir: string;
  /** The settings with which it is opened, here and by processes of its own. */
  readonly env: Readonly<Record<string, string>>;
  /** Opens it again, as another process would: the host before must be closed by the caller or by `remove`. */
  open(plugins?: readonly Plugin[], options?: Partial<HostOptions>): Promise<Host>;
  /** Closes what was opened and removes the folder. */
  remove(): Promise<void>;
}

export interface TemporaryProjectOptions {
  /** Its `trestle.config.json`: plugins by their files, and their sections. None where it is left out. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Removes what the project keeps elsewhere. */
  readonly onRemove?: () => Promise<void>;
}

export async function temporaryProject(options: TemporaryProjectOptions = {}): Promise<TemporaryProject> {
  const { config, onRemove = async () => {} } = options;
  const env = { TRESTLE_STORE__RESERVE_BYTES: '0', ...options.env };
  const dir = await mkdtemp(join(tmpdir(), 'trestle-project-'));
  if (config !== undefined) await writeFile(join(dir, 'trestle.config.json'), JSON.stringify(config));
  const hosts: Host[] = [];
  return {
    dir,
    env,
    async open(plugins = [], how = {}) {
      const host = await openHost({
        projectDir: dir,
        plugins: [storePlugin, ...plugins],
        cwd: dir,
        env,
        ...how,
      });
      hosts.push(host);
      return host;
    },
    async remove() {
      for (const host of hosts) await host.close();
      await onRemove();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
