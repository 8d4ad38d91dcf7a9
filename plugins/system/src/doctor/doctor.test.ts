import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { openHost } from '@trestle/kernel';
import { blobsToken, storePlugin } from '@trestle/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemPlugin } from '../system-plugin.ts';
import { type TemporaryHost, temporaryHost } from '../temporary-host.test.fixture.ts';
import { doctor } from './doctor.ts';
import { doctorViews } from './doctor-views.ts';

describe('trestle doctor', () => {
  let t: TemporaryHost;
  beforeEach(async () => {
    t = await temporaryHost();
  });
  afterEach(() => t.remove());

  it('says what works here', async () => {
    const output = await t.host.run(doctor, {});
    expect(output.ok).toBe(true);
    expect(doctor.verdict?.(output)).toBe(true);
    expect(output.node.version).toBe(process.versions.node);
    expect(output.devices).toContainEqual(expect.objectContaining({ name: 'wasm', available: true }));
    expect(output.devices.find(({ name }) => name === 'webgpu')?.description).not.toBe('');
    expect(output.cpu.wasm).toMatchObject({ simd: true, threads: true });
    expect(output.store).toMatchObject({ ok: true, audit: { ok: true, events: 0 } });
    expect(output.plugins.map(({ name }) => name)).toEqual(['store', 'system']);
    expect(doctorViews(output).at(-1)).toMatchObject({ kind: 'note', tone: 'good' });
  });

  it('reads every blob when asked to', async () => {
    const blobs = await t.host.service(blobsToken);
    const { digest } = await blobs.put(new TextEncoder().encode('precious'));
    const path = await blobs.localPath(digest);
    await chmod(path, 0o644);
    await writeFile(path, 'worthless');
    const { ok, problems } = await t.host.run(doctor, { deep: true });
    expect(ok).toBe(false);
    expect(problems).toContainEqual(expect.objectContaining({ what: expect.stringContaining(digest) }));
  });

  it('says no when the store is damaged, and names the problem', async () => {
    await t.host.run(doctor, {});
    await t.host.close();
    await writeFile(join(t.dir, '.trestle', 'metadata.sqlite'), 'not a database'.repeat(1000));
    const host = await openHost({ projectDir: t.dir, plugins: [storePlugin, systemPlugin], env: {} });
    const output = await host.run(doctor, {});
    await host.close();
    expect(output.ok).toBe(false);
    expect(doctor.verdict?.(output)).toBe(false);
    expect(output.problems).toContainEqual(
      expect.objectContaining({ severity: 'error', what: expect.stringContaining('TRS_STORE_CORRUPT') }),
    );
    expect(doctorViews(output).at(-1)).toMatchObject({ kind: 'note', tone: 'bad' });
  });
});
