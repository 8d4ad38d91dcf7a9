import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, openHost, type Plugin } from '@trestle/kernel';
import { storePlugin } from '@trestle/store';
import { systemPlugin } from './system-plugin.ts';

/** A host with the store and the system plugin on a temporary folder. */
export interface TemporaryHost {
  readonly dir: string;
  readonly host: Host;
  remove(): Promise<void>;
}

export const hostAt = (dir: string, plugins: readonly Plugin[] = []): Promise<Host> =>
  openHost({
    projectDir: dir,
    plugins: [storePlugin, systemPlugin, ...plugins],
    cwd: dir,
    env: { TRESTLE_STORE__RESERVE_BYTES: '0' },
  });

export async function temporaryHost(plugins: readonly Plugin[] = []): Promise<TemporaryHost> {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-system-'));
  const host = await hostAt(dir, plugins);
  return {
    dir,
    host,
    async remove() {
      await host.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
