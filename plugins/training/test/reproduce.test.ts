import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '@trestle/kernel';
import { dataAdd, dataPlugin } from '@trestle/plugin-data';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { metadataToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runReproduce, trainingPlugin, trainOperation } from '../src/index.ts';

describe('reproducing a training', () => {
  let project: TemporaryProject;
  let host: Host;
  let run: string;
  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin, trackingPlugin, trainingPlugin]);
    const rows = Array.from(
      { length: 200 },
      (_, n) => `${(n * 37) % 100},${n % 3},${(n * 37) % 100 > 40 + 10 * (n % 3) ? 'yes' : 'no'}`,
    );
    const add = async (more: string) => {
      await writeFile(join(project.dir, 'a.csv'), `x,k,y\n${rows.join('\n')}\n${more}`);
      await host.run(dataAdd, { path: 'a.csv', name: 'a' }, { surface: 'cli' });
    };
    await add('');
    run = (await host.run(trainOperation, { data: 'a', target: 'y', estimator: 'trees' })).run;
    // It is the version that was trained on, not the newest.
    await add('1,1,no\n');
  });
  afterAll(() => project.remove());

  it('comes to the same bits on the version that it was trained on', async () => {
    const found = await host.run(runReproduce, { run });
    expect(found).toMatchObject({ run, identical: true, differences: [] });
    expect(found.reproduction).not.toBe(run);
  });

  it('says what differs where it does not', async () => {
    const metadata = await host.service(metadataToken);
    await metadata.write<{ run_metrics: { run: string; name: string; value: number } }, void>(async (db) => {
      await db
        .updateTable('run_metrics')
        .set({ value: 0.25 })
        .where('run', '=', run)
        .where('name', '=', 'test/accuracy')
        .execute();
    });
    expect(await host.run(runReproduce, { run })).toMatchObject({
      identical: false,
      differences: [{ what: 'test/accuracy', was: '0.25', now: expect.any(String) }],
    });
    await expect(host.run(runReproduce, { run: 'r-nobody' })).rejects.toMatchObject({
      code: 'TRS_TRAIN_UNKNOWN_RUN',
    });
  });
});
