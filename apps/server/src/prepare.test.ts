import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Preparation, preparations } from '@trestle/contracts';
import { contribute, type Host, openHost, plugin } from '@trestle/kernel';
import { storePlugin } from '@trestle/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serverConfig, startServer } from './index.ts';

describe('a server that prepares', () => {
  let dir: string;
  let host: Host;
  const warned: string[] = [];
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-prepare-'));
    warned.length = 0;
  });
  afterEach(async () => {
    await host.close();
    await rm(dir, { recursive: true, force: true });
  });
  const open = async (
    all: Readonly<Record<string, Awaited<ReturnType<Preparation['load']>>>>,
    timeout = '20000',
  ) => {
    const preparing = plugin({
      name: 'preparing',
      version: '1.0.0',
      contributions: Object.entries(all).map(([name, run]) =>
        contribute(preparations, { name, load: async () => run }),
      ),
    });
    host = await openHost({
      projectDir: dir,
      plugins: [storePlugin, preparing],
      sections: [serverConfig],
      env: { TRESTLE_STORE__RESERVE_BYTES: '0', TRESTLE_SERVER__PREPARE_TIMEOUT_MS: timeout },
      log: { debug() {}, info() {}, warn: (_, fields) => void warned.push(String(fields?.what)) },
    });
  };
  const freePort = async (): Promise<number> => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const address = free.address();
    free.close();
    await once(free, 'close');
    return typeof address === 'object' && address !== null ? address.port : 0;
  };
  const isThere = (port: number): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );

  it('takes no connection before it is ready', async () => {
    const port = await freePort();
    const seen: boolean[] = [];
    await open({
      models: async () => {
        await wait(200);
        seen.push(await isThere(port));
      },
    });
    const server = await startServer(host, { port, host: '127.0.0.1' });
    expect([...seen, await isThere(port)]).toEqual([false, true]);
    expect(warned).toEqual([]);
    await server.close();
  });

  it('begins without what fails or hangs, and tells what it was', async () => {
    let isAborted = false;
    await open(
      {
        broken: async () => {
          throw new Error('no');
        },
        hanging: (_, signal) =>
          new Promise(() => {
            signal.addEventListener('abort', () => {
              isAborted = true;
            });
          }),
        quick: async () => {},
      },
      '300',
    );
    const server = await startServer(host, { port: 0, host: '127.0.0.1' });
    expect(warned.toSorted()).toEqual(['broken', 'hanging']);
    expect(isAborted).toBe(true);
    await server.close();
  });

  it('prepares nothing where that is not wanted', async () => {
    await open({ broken: () => Promise.reject(new Error('no')) }, '0');
    const server = await startServer(host, { port: 0, host: '127.0.0.1' });
    expect(warned).toEqual([]);
    await server.close();
  });
});
