import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TemporaryHost, temporaryHost } from '../temporary-host.test.fixture.ts';
import { tryDevice } from './try-device.ts';

describe('trying a device', () => {
  let t: TemporaryHost;
  beforeEach(async () => {
    t = await temporaryHost();
  });
  afterEach(() => t.remove());

  it('tells what it is, or what is in the way', async () => {
    expect(await tryDevice('wasm')).toMatchObject({
      available: true,
      description: expect.stringContaining('WebAssembly'),
    });
    expect(await tryDevice('abacus')).toMatchObject({
      available: false,
      description: expect.stringContaining('abacus'),
    });
  });

  it('survives a driver that crashes', async () => {
    const core = join(t.dir, 'core.mjs');
    await writeFile(core, 'export const openDevice = () => process.kill(process.pid, "SIGSEGV");');
    expect(await tryDevice('webgpu', pathToFileURL(core).href)).toEqual({
      available: false,
      description: 'Its driver crashed (SIGSEGV).',
      hint: '',
    });
  });
});
