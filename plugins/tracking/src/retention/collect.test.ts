import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contribute, type Host, plugin } from '@trestle/kernel';
import { blobsToken, blobUses, metadataToken, storeCheckToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  runDelete,
  runFinish,
  runGc,
  runLog,
  runRestore,
  runShow,
  runStart,
  trackingPlugin,
} from '../index.ts';

describe('freeing what deleted runs kept', () => {
  let project: TemporaryProject;
  let host: Host;
  const theirs = new Set<string>();
  beforeEach(async () => {
    theirs.clear();
    project = await temporaryProject();
    const other = plugin({
      name: 'other',
      version: '1',
      contributions: [
        contribute(blobUses, {
          name: 'other',
          among: async (_, digests) => new Set(digests.filter((digest) => theirs.has(digest))),
        }),
      ],
    });
    host = await project.open([trackingPlugin, other]);
  });
  afterEach(() => project.remove());
  const withArtifact = async (content: string): Promise<{ run: string; digest: string }> => {
    const { run } = await host.run(runStart, { experiment: 'e' });
    await writeFile(join(project.dir, 'a.txt'), content);
    await host.run(runLog, { run, artifact: ['a.txt'] }, { surface: 'cli' });
    await host.run(runFinish, { run });
    const [artifact] = (await host.run(runShow, { run })).artifacts;
    return { run, digest: artifact?.digest ?? '' };
  };
  /** Six hours pass: nothing is about to be an artifact any more. */
  const unpin = async () =>
    (await host.service(metadataToken)).write<{ run_blobs: { pinned_until_ms: number } }, void>(
      async (db) => {
        await db.updateTable('run_blobs').set({ pinned_until_ms: 0 }).execute();
      },
    );
  const has = async (digest: string) => (await host.service(blobsToken)).has(digest);

  it('removes only content to which no other run and no other plugin refers, and says how much', async () => {
    const [alone, shared, twin, model] = [
      await withArtifact('alone'),
      await withArtifact('shared'),
      await withArtifact('shared'),
      await withArtifact('a model'),
    ];
    theirs.add(model.digest);
    for (const { run } of [alone, shared, model]) await host.run(runDelete, { run });
    expect(await host.run(runGc, {})).toMatchObject({ blobs: 0 });
    await unpin();
    expect(await host.run(runGc, { older: '1h' })).toMatchObject({ blobs: 0 });
    expect(await host.run(runGc, { dryRun: true })).toEqual({ dryRun: true, blobs: 1, bytes: 5 });
    expect(await has(alone.digest)).toBe(true);
    expect(await host.run(runGc, {})).toEqual({ dryRun: false, blobs: 1, bytes: 5 });
    expect([await has(alone.digest), await has(twin.digest), await has(model.digest)]).toEqual([
      false,
      true,
      true,
    ]);
    expect((await (await host.service(storeCheckToken)).check({ deep: true })).blobs.problems).toEqual([]);
  });

  it('brings a run back, and says what of it is gone', async () => {
    const { run } = await withArtifact('gone');
    await expect(host.run(runRestore, { run })).rejects.toMatchObject({ code: 'TRS_TRACKING_NOT_DELETED' });
    await expect(host.run(runRestore, { run: 'r-0' })).rejects.toMatchObject({
      code: 'TRS_TRAIN_UNKNOWN_RUN',
    });
    await host.run(runDelete, { run });
    expect(await host.run(runRestore, { run })).toEqual({ run, restored: true, freed: [] });
    await host.run(runDelete, { run });
    await unpin();
    await host.run(runGc, {});
    expect(await host.run(runRestore, { run })).toEqual({ run, restored: true, freed: ['a.txt'] });
    expect((await host.run(runShow, { run })).artifacts).toMatchObject([{ freedAt: expect.any(String) }]);
  });
});
