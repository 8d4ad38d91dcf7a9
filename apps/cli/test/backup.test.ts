import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Blobs, blobsToken } from '@trestle/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProject } from '../src/open-project.ts';
import { makeProject, type Project, start } from './trestle.test.setup.ts';

const BLOBS = 300;

describe('a backup and a restore that are killed', { timeout: 120_000 }, () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject('{}');
    const host = await openProject(project.dir);
    const blobs: Blobs = await host.service(blobsToken);
    await host.runById('token.create', { name: 'ci', scopes: ['*:*'] }, { surface: 'cli' });
    for (let n = 0; n < BLOBS; n++) await blobs.put(randomBytes(20_000));
    await host.close();
  });
  afterAll(async () => {
    await project.remove();
  });

  /** Kills a command when it has written so many files into a folder. */
  const killed = async (folder: string, files: number, args: readonly string[]): Promise<void> => {
    const { child, ended } = start(args, { cwd: project.dir });
    const count = async () => (await readdir(folder, { recursive: true }).catch(() => [])).length;
    while ((await count()) < files && child.exitCode === null) await wait(5);
    child.kill('SIGKILL');
    expect((await ended).code).toBeNull();
  };

  it('leave nothing half: begun again, they go on to a whole', async () => {
    const folder = join(project.dir, 'backups');
    await killed(folder, 100, ['backup', 'backups']);
    expect(await project.json('store', 'backups', 'backups')).toMatchObject({ snapshots: [] });
    // Its lease ends by itself.
    for (;;) {
      const { code, stderr } = await project.run('backup', 'backups');
      if (code === 0) break;
      expect(stderr).toContain('TRS_SYSTEM_BACKUP_RUNS');
      await wait(1_000);
    }
    const { snapshots } = await project.json('store', 'backups', 'backups', '--check');
    expect(snapshots).toMatchObject([{ blobs: BLOBS }]);

    const restore = ['restore', 'backups', '--project', 'again'];
    const again = join(project.dir, 'again');
    await killed(join(again, '.trestle', 'blobs'), 100, restore);
    expect(await project.json(...restore)).toMatchObject({ checked: true, blobs: BLOBS });
    expect(await project.json('audit', 'verify', '--project', 'again')).toMatchObject({ ok: true });
  });
});
