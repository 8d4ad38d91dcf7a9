import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Host, jobStoreToken, journalToken, systemPrincipal } from '@trestle/kernel';
import { blobsToken, metadataToken, storeCheckToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DataTables } from '../data-tables.ts';
import {
  dataAdd,
  dataExport,
  dataGc,
  dataList,
  dataPlugin,
  dataProfile,
  dataShow,
  dataTag,
} from '../index.ts';
import { putPinned } from '../version/blob-pins.ts';

const CHILD = fileURLToPath(new URL('./gc.test.child.ts', import.meta.url));
const actor = { principal: systemPrincipal, requestId: 'r', operation: 'test' };
const DAY_MS = 24 * 60 * 60 * 1_000;

describe('collecting garbage', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin]);
  });
  afterEach(async () => {
    vi.useRealTimers();
    await project.remove();
  });
  const add = async (csv: string, options = {}) => {
    await writeFile(join(project.dir, 'a.csv'), csv);
    return await host.run(dataAdd, { path: 'a.csv', name: 'things', ...options }, { surface: 'cli' });
  };
  const stored = async () => (await (await host.service(storeCheckToken)).check({ deep: true })).blobs.count;
  /** For this process, and for the store, whose clock is not ours to set. */
  const aDayPasses = async (): Promise<void> => {
    vi.useFakeTimers({ now: Date.now() + DAY_MS, toFake: ['Date'] });
    const metadata = await host.service(metadataToken);
    await metadata.write<DataTables, unknown>((db) =>
      db
        .updateTable('dataset_blobs')
        .set((column) => ({ pinned_until_ms: column('pinned_until_ms', '-', DAY_MS) }))
        .execute(),
    );
  };
  /** Content that a process put and never committed; a day passes. */
  const orphans = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) await putPinned(host, new TextEncoder().encode(`orphan ${n}`));
    await aDayPasses();
  };
  const whole = async (): Promise<void> => {
    expect((await (await host.service(storeCheckToken)).check({ deep: true })).blobs.problems).toEqual([]);
    expect(await (await host.service(journalToken)).verify()).toMatchObject({ ok: true });
    for (const { dataset, version, rows } of (await host.run(dataList, {})).datasets) {
      const out = { name: `${dataset}@${version}`, path: 'out.csv' };
      expect(await host.run(dataExport, out, { surface: 'cli' })).toMatchObject({ rows });
    }
  };

  it('leaves versions whole, also what they share, and their profiles', async () => {
    await add('a\n1\n');
    await add('a\n2\n', { append: true });
    await add('a\n3\n');
    await host.run(dataProfile, { name: 'things@1' });
    await aDayPasses();
    expect(await host.run(dataGc, {})).toMatchObject({ blobs: 0, bytes: 0 });
    await whole();
  });

  it('removes what was never committed, after it said so with its bytes', async () => {
    await add('a\n1\n');
    await orphans(3);
    const before = await stored();
    const bytes = 3 * 'orphan 0'.length;
    expect(await host.run(dataGc, { dryRun: true })).toMatchObject({ dryRun: true, blobs: 3, bytes });
    expect(await stored()).toBe(before);
    expect(await host.run(dataGc, {})).toMatchObject({ blobs: 3, bytes });
    expect(await stored()).toBe(before - 3);
    await whole();
  });

  it('leaves what somebody is about to commit, and what another plugin stored', async () => {
    await (await host.service(blobsToken)).put(new TextEncoder().encode('a model'));
    await putPinned(host, new TextEncoder().encode('a part on its way'));
    expect(await host.run(dataGc, {})).toMatchObject({ blobs: 0 });
    expect(await stored()).toBe(2);
  });

  it('lets go of old versions that nothing refers to, and says so to who asks for one', async () => {
    for (const n of [1, 2, 3, 4, 5, 6]) await add(`a\n${n}\n`);
    await host.run(dataTag, { name: 'things@1', tag: 'gold' });
    await (await host.service(metadataToken)).change(actor, ({ link }) =>
      link({ from: 'dataset:things@2', to: 'run:r-1', kind: 'trained' }),
    );
    await aDayPasses();
    const versions = [
      { dataset: 'things', version: 4 },
      { dataset: 'things', version: 3 },
    ];
    const said = await host.run(dataGc, { keep: 2, dryRun: true });
    expect(said).toMatchObject({ versions, blobs: 4 });
    expect(await host.run(dataGc, { keep: 2 })).toMatchObject({ versions, blobs: 4, bytes: said.bytes });
    await whole();
    await expect(host.run(dataShow, { name: 'things@3' })).rejects.toMatchObject({
      code: 'TRS_DATA_VERSION_RETIRED',
    });
    expect(await add('a\n7\n')).toMatchObject({ version: 7 });
  });

  it('leaves the versions of a dataset that a job names', async () => {
    for (const n of [1, 2, 3]) await add(`a\n${n}\n`);
    const jobs = await host.service(jobStoreToken);
    const job = { id: 'job', operation: 'train', principal: systemPrincipal };
    await jobs.enqueue({ ...job, input: { data: ['things@1'] } });
    expect(await host.run(dataGc, { keep: 1 })).toMatchObject({ versions: [] });
  });

  it('removes nothing when a manifest cannot be read', async () => {
    const { digest } = await add('a\n1\n');
    await orphans(1);
    await (await host.service(blobsToken)).remove(digest);
    await expect(host.run(dataGc, {})).rejects.toMatchObject({ code: 'TRS_STORE_BLOB_MISSING' });
    // The orphan and the part.
    expect(await stored()).toBe(2);
  });

  it('refuses a version whose parts went meanwhile', async () => {
    const metadata = await host.service(metadataToken);
    await add('a\n1\n');
    const parts = metadata
      .query<{ dataset_blobs: { digest: string } }>()
      .selectFrom('dataset_blobs')
      .selectAll();
    for (const { digest } of await parts.execute())
      if (digest !== (await host.run(dataShow, { name: 'things' })).digest)
        await (await host.service(blobsToken)).remove(digest);
    await expect(add('a\n2\n', { append: true })).rejects.toMatchObject({ code: 'TRS_DATA_PARTS_GONE' });
    expect((await host.run(dataList, {})).datasets).toHaveLength(1);
  });

  it('finishes what a killed process began, and the store is whole', { timeout: 60_000 }, async () => {
    await add('a\n1\n');
    await add('a\n2\n', { append: true });
    await orphans(30);
    await (await host.service(metadataToken)).write<{ dataset_blobs: { pinned_until_ms: number } }, void>(
      async (db) => void (await db.updateTable('dataset_blobs').set({ pinned_until_ms: 0 }).execute()),
    );
    const before = await stored();
    await host.close();
    const child = spawn(process.execPath, [CHILD, project.dir], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'close');
    let heard = 0;
    for await (const _ of createInterface({ input: child.stdout })) if (++heard === 5) child.kill('SIGKILL');
    await ended;
    expect(heard).toBeGreaterThanOrEqual(5);
    host = await project.open([dataPlugin]);
    expect(await stored()).toBe(before - heard);
    await whole();
    await host.run(dataGc, {});
    expect(await stored()).toBe(before - 30);
    await whole();
  });
});
